using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Protocols.Gossip;
using DChat.Libp2p.Protocols.Gossip.Wire;
using DChat.Libp2p.Tests.Host;
using DChat.Libp2p.Tests.Hostile;

namespace DChat.Libp2p.Tests.Protocols.Gossip;

/// <summary>Whole hosts with peers that are told of, direct or blocked.</summary>
public sealed class GossipsubRelationTests : IAsyncDisposable
{
    private readonly GossipNodes _nodes = new();

    public ValueTask DisposeAsync() => _nodes.DisposeAsync();

    [Fact]
    public async Task Who_is_pruned_finds_another_by_its_record()
    {
        var hub = await _nodes.StartAsync("hub", o => (o.PeerExchange, o.MeshSize, o.MeshLow, o.MeshHigh, o.MeshOutbound) = (true, 1, 1, 1, 0));
        var (alice, bob) = (await _nodes.StartAsync("alice"), await _nodes.StartAsync("bob", o => o.AcceptsExchangeOf = hub.Peer.Equals));
        hub.Subscribe();
        alice.Subscribe();
        await alice.ConnectAsync(hub);
        await alice.MeshAsync(hub);
        await GossipNode.UntilAsync(() => hub.Host.Peers.Find(alice.Peer)?.SignedRecord.IsEmpty is false);
        bob.Subscribe();
        await bob.ConnectAsync(hub);
        await BeatUntilConnectedAsync(bob, alice.Peer);
        await bob.MeshAsync(alice);
    }

    [Fact]
    public async Task Records_that_do_not_prove_who_they_are_about_are_not_followed_and_the_next_is()
    {
        var bob = await _nodes.StartAsync("bob", o => (o.AcceptsExchangeOf, o.Limits.MaxIntroductions) = (_ => true, 1));
        bob.Subscribe();
        await using var mallory = await RawGossipPeer.ConnectAsync(_nodes.Network, "mallory", bob);
        using var victimKey = PrivateKey.Generate();
        using var otherKey = PrivateKey.Generate();
        var victim = await _nodes.Network.StartAsync("victim", o => o.Identity = victimKey);
        var other = await _nodes.Network.StartAsync("other", o => o.Identity = otherKey);
        var forged = RecordOf(victimKey, victim.ListenAddresses);
        forged[^1] ^= 1;
        await SendAsync(mallory, [1, 2, 3]);
        await SendAsync(mallory, forged);
        await SendAsync(mallory, RecordOf(otherKey, other.ListenAddresses));
        await BeatUntilConnectedAsync(bob, other.LocalPeer);
        Assert.Null(bob.Host.Peers.Find(victim.LocalPeer));
        Assert.Empty(bob.Host.ConnectionsTo(victim.LocalPeer));
    }

    [Fact]
    public async Task A_direct_peer_is_dialed_and_dialed_again_when_it_has_gone()
    {
        var bob = await _nodes.StartAsync("bob");
        var alice = await _nodes.StartAsync("alice", o =>
        {
            o.DirectPeers.Add(bob.Host.Address());
            o.DirectConnectHeartbeats = 3;
        });
        bob.Subscribe();
        alice.Subscribe();
        await alice.BeatUntilAsync(() => alice.Gossip.PeersOf("t").Count == 1);
        alice.Publish("first");
        Assert.Equal("first", await bob.NextTextAsync());
        Assert.Empty(alice.Gossip.MeshOf("t"));

        // It may be back before anybody sees it gone.
        var gone = alice.Host.ConnectionsTo(bob.Peer)[0];
        await bob.Host.DisconnectAsync(alice.Peer);
        await gone.Closed;
        await alice.BeatUntilAsync(() => alice.Gossip.PeersOf("t").Count == 1 && alice.Host.ConnectionsTo(bob.Peer).Any(c => c != gone));
    }

    [Fact]
    public async Task A_blocked_peer_is_not_spoken_with_until_it_is_unblocked()
    {
        var (alice, bob) = (await _nodes.StartAsync("alice"), await _nodes.StartAsync("bob"));
        alice.Subscribe();
        bob.Subscribe();
        await alice.ConnectAsync(bob);
        await alice.MeshAsync(bob);
        Assert.True(alice.Gossip.Block(bob.Peer));
        Assert.False(alice.Gossip.Block(bob.Peer));
        Assert.Empty(alice.Gossip.Peers);
        await GossipNode.UntilAsync(() => bob.Gossip.PeersOf("t").Count == 0);
        for (var i = 0; i < 100; i++)
        {
            alice.Beat();
            bob.Beat();
            await Task.Yield();
        }

        Assert.Empty(alice.Gossip.Peers);
        Assert.Equal([bob.Peer], alice.Gossip.Blocked);
        Assert.Single(alice.Host.ConnectionsTo(bob.Peer));
        Assert.True(alice.Gossip.Unblock(bob.Peer));
        await alice.MeshAsync(bob);
        bob.Publish("again");
        Assert.Equal("again", await alice.NextTextAsync());
    }

    [Fact]
    public async Task What_a_blocked_peer_has_signed_is_not_taken_from_others_either()
    {
        var (alice, bob, carol) = (await _nodes.StartAsync("alice"), await _nodes.StartAsync("bob"), await _nodes.StartAsync("carol"));
        foreach (var node in _nodes.All)
        {
            node.Subscribe(policy: GossipSignaturePolicy.StrictSign);
        }

        await alice.ConnectAsync(bob);
        await bob.ConnectAsync(carol);
        await alice.MeshAsync(bob);
        await carol.MeshAsync(bob);
        carol.Gossip.Block(alice.Peer);
        alice.Publish("blocked");
        Assert.Equal("blocked", await bob.NextTextAsync());
        bob.Publish("free");
        Assert.Equal("free", await carol.NextTextAsync());
        Assert.True(carol.HasNoMore);
    }

    [Fact]
    public async Task Who_sends_what_it_told_about_has_kept_its_promise_even_if_the_message_is_not_taken()
    {
        var carol = await _nodes.StartAsync("carol");
        carol.Subscribe(policy: GossipSignaturePolicy.StrictSign);
        await using var bob = await RawGossipPeer.ConnectAsync(_nodes.Network, "bob", carol);
        using var blocked = PrivateKey.Generate();
        carol.Gossip.Block(blocked.Peer);
        var (own, honest) = (carol.Host, bob.Host);
        GossipPacket[] messages =
        [
            Signed(blocked.PublicKey, blocked.Sign),
            Signed(own.PublicKey, own.Sign),
            Signed(honest.PublicKey, honest.Sign, 100_000, 1),
            Signed(honest.PublicKey, honest.Sign, 1, 2),
        ];
        foreach (var (message, asked) in messages.Select((m, i) => (m, i + 1)))
        {
            await TellAsync(bob, message.Id);
            await GossipNode.UntilAsync(() => bob.Iwanted == asked);
            await bob.SendAsync(message.Frame.ToArray());
        }

        Assert.Equal(messages[^1].Id, (await carol.NextAsync()).Id);
        await TellAsync(bob, RouterPeers.Id(1));
        await GossipNode.UntilAsync(() => bob.Iwanted == messages.Length + 1);
        await carol.BeatUntilAsync(() => carol.Gossip.Counters.BrokenPromises > 0);

        // Waits for the heartbeat to end.
        _ = carol.Gossip.ScoreOf(bob.Host.LocalPeer);
        Assert.Equal(1, carol.Gossip.Counters.BrokenPromises);
    }

    private static GossipPacket Signed(PublicKey author, Func<ReadOnlySpan<byte>, byte[]> sign, int length = 1, ulong sequence = 1) =>
        GossipSignature.Sign(author, sign, GossipMessageIds.OfAuthor, GossipNode.Topic, new byte[length], sequence);

    private static async Task TellAsync(RawGossipPeer from, GossipMessageId id)
    {
        var batch = new GossipBatch();
        batch.Gossip.Add(new GossipIds(GossipKind.Ihave, GossipNode.Topic, new[] { id }));
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        new GossipRpcWriter().Write(output, batch);
        await from.SendRawAsync(output.WrittenSpan.ToArray());
    }

    /// <summary>Lets the time pass until a peer is dialed, and then waits without: a dial has its time, too.</summary>
    private static async Task BeatUntilConnectedAsync(GossipNode node, PeerId peer)
    {
        await GossipNode.UntilAsync(() =>
        {
            if (node.Gossip.WaitingIntroductions > 0)
            {
                return true;
            }

            node.Beat();
            return false;
        });
        await GossipNode.UntilAsync(() =>
        {
            if (node.Gossip.WaitingIntroductions > 0)
            {
                node.Beat();
            }

            return node.Host.ConnectionsTo(peer).Count > 0;
        });
    }

    private static byte[] RecordOf(PrivateKey key, IReadOnlyList<Multiaddr> addresses) => new PeerRecord(key.Peer, 1, addresses).Sign(key).Encode();

    private static async Task SendAsync(RawGossipPeer from, byte[] record)
    {
        var batch = new GossipBatch();
        batch.MeshChanges.Add(("t", new MeshChange(TimeSpan.FromSeconds(60), [(RouterPeers.Peer("whoever"), record)])));
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        new GossipRpcWriter().Write(output, batch);
        await from.SendRawAsync(output.WrittenSpan.ToArray());
    }
}
