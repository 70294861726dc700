using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Protocols.Gossip;
using DChat.Libp2p.Tests.Protocols.Gossip;
using DChat.Libp2p.Wire;

namespace DChat.Libp2p.Tests.Hostile;

/// <summary>A peer that introduces thousands, all of its own making (gossipsub-v1.1.md, "Peer Exchange on Prune").</summary>
public sealed class IntroductionFloodTests : IAsyncDisposable
{
    private const int Prunes = 100;
    private const int PerPrune = 16;

    private readonly GossipNodes _nodes = new();
    private readonly List<PeerId> _sybils = [];

    public ValueTask DisposeAsync() => _nodes.DisposeAsync();

    [Fact]
    public async Task Of_a_stranger_none_is_followed()
    {
        var (hub, alice) = await _nodes.StartMeshAsync();
        await using var mallory = await FloodAsync(hub);
        Assert.Equal(0, hub.Gossip.WaitingIntroductions);
        Assert.Equal(0, Followed(hub));
        Assert.Equal(2, hub.Host.Connections.Count);
        await _nodes.AssertTalkAsync(hub, alice);
    }

    [Fact]
    public async Task Of_one_that_may_introduce_as_many_are_dialed_as_have_places_and_afterwards_others_are_heard()
    {
        var (hub, alice) = await _nodes.StartMeshAsync(o => o.AcceptsExchangeOf = _ => true);
        var limits = new GossipsubLimits();
        var places = limits.MaxPendingIntroductions + limits.MaxIntroductions;
        await using var mallory = await FloodAsync(hub);

        // The clock of gossipsub stands still: the workers hold one each, and the rest waits.
        Assert.Equal(places, hub.Gossip.WaitingIntroductions);
        await _nodes.AssertTalkAsync(hub, alice);
        await DrainAsync(hub);
        await GossipNode.UntilAsync(() => Followed(hub) == places);

        using var key = PrivateKey.Generate();
        var other = await _nodes.Network.StartAsync("other", o => o.Identity = key);
        await mallory.SendAsync(Prune([RecordOf(key, other.ListenAddresses)]));
        await GossipNode.UntilAsync(() => hub.Gossip.WaitingIntroductions == 1);
        await DrainAsync(hub);
        await GossipNode.UntilAsync(() => hub.Host.ConnectionsTo(other.LocalPeer).Count == 1);

        // What there was no place for is forgotten and not kept.
        Assert.Equal(places, Followed(hub));
        await _nodes.AssertTalkAsync(hub, alice);
    }

    private async Task<RawGossipPeer> FloodAsync(GossipNode hub)
    {
        var mallory = await RawGossipPeer.ConnectAsync(_nodes.Network, "mallory", hub);
        for (var i = 0; i < Prunes; i++)
        {
            await mallory.SendAsync(Prune([.. Enumerable.Range(0, PerPrune).Select(n =>
            {
                using var key = PrivateKey.Generate();
                _sybils.Add(key.Peer);
                return RecordOf(key, [Multiaddr.Parse($"/memory/sybil{i}-{n}")]);
            })]));
        }

        await mallory.SettleAsync(hub, "done");
        return mallory;
    }

    /// <summary>Lets pauses end one after another, and no dial run out of its time.</summary>
    private static async Task DrainAsync(GossipNode hub)
    {
        for (var waiting = hub.Gossip.WaitingIntroductions; waiting > 0; waiting = hub.Gossip.WaitingIntroductions)
        {
            hub.Beat();
            await Task.Yield();
        }
    }

    /// <summary>Records that were followed: those who are dialed are in the store.</summary>
    private int Followed(GossipNode hub) => _sybils.Count(p => hub.Host.Peers.Find(p) is not null);

    private static byte[] RecordOf(PrivateKey key, IReadOnlyList<Multiaddr> addresses) => new PeerRecord(key.Peer, 1, addresses).Sign(key).Encode();

    private static byte[] Prune(IReadOnlyList<byte[]> records)
    {
        var prune = new ProtobufWriter().Text(1, GossipNode.Topic);
        foreach (var record in records)
        {
            prune.Bytes(2, new ProtobufWriter().Bytes(2, record).Written.Span);
        }

        return new ProtobufWriter().Bytes(3, new ProtobufWriter().Bytes(4, prune.Varint(3, 60).Written.Span).Written.Span).ToArray();
    }
}
