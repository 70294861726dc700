using DChat.Libp2p.Protocols.Gossip;
using DChat.Libp2p.Protocols.Gossip.Wire;
using DChat.Libp2p.Tests.Hostile;
using DChat.Libp2p.Wire;

namespace DChat.Libp2p.Tests.Protocols.Gossip;

/// <summary>Observers and filters of the application beside whole hosts.</summary>
public sealed class GossipsubObserverTests : IAsyncDisposable
{
    private readonly GossipNodes _nodes = new();

    public ValueTask DisposeAsync() => _nodes.DisposeAsync();

    [Fact]
    public async Task What_cannot_be_a_message_is_told_with_the_peer_that_sent_it()
    {
        var observer = new RecordingObserver(p => p.ToString());
        var hub = await _nodes.StartAsync("hub", o => (o.Observer, o.Limits.MaxRpcSent) = (observer, 1024));
        hub.Subscribe();
        await using var mallory = await RawGossipPeer.ConnectAsync(_nodes.Network, "mallory", hub);
        var signed = new ProtobufWriter().Bytes(2, "x"u8).Text(4, "t").Bytes(5, new byte[64]).ToArray();
        await mallory.SendAsync(new ProtobufWriter().Bytes(2, signed).ToArray());
        await mallory.SendAsync(GossipPacket.Create(default, "t", new byte[2000]).Frame.ToArray());
        await mallory.SendAsync([0x12, 2, 0xff, 0xff]);
        await mallory.SendAsync([0xff, 0xff, 0xff]);
        Assert.True(await mallory.WasResetAsync());

        string[] expected = ["Faulty Signature t", "Faulty Oversized t", "Faulty Malformed ", "Faulty Malformed "];
        await GossipNode.UntilAsync(() => observer.LinesOf(e => e.Kind == GossipEventKind.Faulty).Count == expected.Length);
        Assert.Equal(expected.Select(e => $"{mallory.Host.LocalPeer} {e}"), observer.LinesOf(e => e.Kind == GossipEventKind.Faulty));
    }

    [Fact]
    public async Task An_observer_and_a_filter_that_throw_stop_nothing()
    {
        var alice = await _nodes.StartAsync("alice", o => (o.Observer, o.TopicFilter) = (new ThrowingObserver(), _ => throw new InvalidOperationException()));
        var bob = await _nodes.StartAsync("bob");
        bob.Subscribe("other");
        alice.Subscribe();
        bob.Subscribe();
        await alice.ConnectAsync(bob);
        await alice.MeshAsync(bob);
        bob.Publish("hello");
        Assert.Equal("hello", await alice.NextTextAsync());
        Assert.Empty(alice.Gossip.PeersOf("other"));
    }

    private sealed class ThrowingObserver : IGossipObserver
    {
        public void Observe(in GossipEvent happened) => throw new InvalidOperationException();
    }
}
