using DChat.Libp2p.Protocols.Gossip;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Tests.Host;

namespace DChat.Libp2p.Tests.Protocols.Gossip;

/// <summary>Which peers are spoken with and over what, and how much of their messages is taken on at once.</summary>
public sealed class GossipsubPeerTests : IAsyncDisposable
{
    private readonly GossipNodes _nodes = new();

    public ValueTask DisposeAsync() => _nodes.DisposeAsync();

    [Fact]
    public async Task Two_connections_carry_one_stream_each_way_and_when_one_closes_the_other_takes_over()
    {
        var (alice, bob) = (await _nodes.StartAsync("alice"), await _nodes.StartAsync("bob"));
        alice.Subscribe();
        bob.Subscribe();
        await alice.ConnectAsync(bob);

        // An address without a peer id always makes a new connection.
        var second = await bob.Host.ConnectAsync(alice.Host.ListenAddresses[0], TestContext.Current.CancellationToken);
        Assert.Equal(2, bob.Host.ConnectionsTo(alice.Peer).Count);
        await alice.MeshAsync(bob);
        alice.Publish("over either");
        Assert.Equal("over either", await bob.NextTextAsync());
        await GossipNode.UntilAsync(() => alice.Host.ConnectionsTo(bob.Peer).Sum(c => c.StreamCount) == 2);

        var first = bob.Host.ConnectionsTo(alice.Peer).Single(c => c != second);
        await first.CloseAsync();
        await GossipNode.UntilAsync(() =>
        {
            alice.Beat();
            bob.Beat();
            return second.StreamCount == 2;
        });
        await alice.MeshAsync(bob);
        alice.Publish("over the other");
        Assert.Equal("over the other", await bob.NextTextAsync());
        await second.CloseAsync();
        await GossipNode.UntilAsync(() => alice.Gossip.Peers.Count == 0 && bob.Gossip.Peers.Count == 0);
    }

    [Fact]
    public async Task The_stream_is_opened_on_a_connection_that_takes_streams()
    {
        var (host, bob) = (await _nodes.Network.StartAsync("alice"), await _nodes.StartAsync("bob"));
        bob.Host.SetStreamHandler("/hold/1", (stream, token) => stream.Completion.WaitAsync(token));
        await host.ConnectAndIdentifyAsync(bob.Host);
        var leaving = host.ConnectionsTo(bob.Peer).Single();
        await using var held = await host.NewStreamAsync(leaving, ["/hold/1"], TestContext.Current.CancellationToken);
        bob.Host.SayGoodbye(host);
        await GossipNode.UntilAsync(() => !leaving.Muxed.CanOpen);
        var second = await host.ConnectAsync(bob.Host.ListenAddresses[0], TestContext.Current.CancellationToken);
        Assert.Equal([leaving, second], host.ConnectionsTo(bob.Peer));

        await using var gossip = new Gossipsub(host, new GossipsubOptions());
        await gossip.StartAsync(TestContext.Current.CancellationToken);
        gossip.Subscribe(GossipNode.Topic, new GossipTopicOptions { Validator = (_, _) => ValueTask.FromResult(GossipVerdict.Accept) });
        await GossipNode.UntilAsync(() => bob.Gossip.PeersOf(GossipNode.Topic).Contains(host.LocalPeer));
    }

    [Fact]
    public async Task A_peer_that_does_not_speak_it_is_left_alone_until_it_does()
    {
        var alice = await _nodes.StartAsync("alice");
        var host = await _nodes.Network.StartAsync("bob");
        await host.ConnectAndIdentifyAsync(alice.Host);
        Assert.Empty(alice.Gossip.Peers);

        // Identify push tells.
        await using var gossip = new Gossipsub(host, new GossipsubOptions());
        await gossip.StartAsync(TestContext.Current.CancellationToken);
        await GossipNode.UntilAsync(() => alice.Gossip.Peers.SequenceEqual([host.LocalPeer]));
    }

    [Fact]
    public async Task No_more_peers_are_spoken_with_than_there_are_places_and_one_that_goes_makes_room()
    {
        var hub = await _nodes.StartAsync("hub", o => o.Limits.MaxPeers = 1);
        var (alice, bob) = (await _nodes.StartAsync("alice"), await _nodes.StartAsync("bob"));
        hub.Subscribe();
        await alice.ConnectAsync(hub);
        await bob.Host.ConnectAndIdentifyAsync(hub.Host);
        hub.Beat();
        Assert.Equal([alice.Peer], hub.Gossip.Peers);
        await alice.Host.DisconnectAsync(hub.Peer);
        await hub.BeatUntilAsync(() => hub.Gossip.Peers.SequenceEqual([bob.Peer]));
        await bob.BeatUntilAsync(() => bob.Gossip.PeersOf("t").Count == 1);
    }

    [Fact]
    public async Task So_many_validators_run_at_once_and_no_more()
    {
        const int AtOnce = 3;
        var (alice, bob) = (await _nodes.StartAsync("alice"), await _nodes.StartAsync("bob", o => o.Limits.MaxConcurrentValidations = AtOnce));
        alice.Subscribe();
        bob.Subscribe();
        await alice.ConnectAsync(bob);
        await alice.MeshAsync(bob);
        using var gate = new SemaphoreSlim(0);
        var (running, most) = (0, 0);
        bob.Judge = async _ =>
        {
            var now = Interlocked.Increment(ref running);
            InterlockedMax(ref most, now);
            await gate.WaitAsync(TestContext.Current.CancellationToken);
            Interlocked.Decrement(ref running);
            return GossipVerdict.Accept;
        };
        for (var i = 0; i < 20; i++)
        {
            alice.Publish($"m{i}");
        }

        await GossipNode.UntilAsync(() => bob.Gossip.Counters.Received == 20 && Volatile.Read(ref running) == AtOnce);
        gate.Release(20);
        await GossipNode.UntilAsync(() => bob.Gossip.Counters.Accepted == 20);
        Assert.Equal(AtOnce, most);
    }

    [Fact]
    public async Task Who_was_dialed_counts_as_chosen()
    {
        var (alice, bob) = (await _nodes.StartAsync("alice"), await _nodes.StartAsync("bob"));
        await alice.ConnectAsync(bob);
        Assert.Equal(Direction.Outbound, Assert.Single(alice.Host.ConnectionsTo(bob.Peer)).Direction);
        Assert.True(alice.Gossip.IsDialed(bob.Peer));
        Assert.False(bob.Gossip.IsDialed(alice.Peer));
    }

    private static void InterlockedMax(ref int most, int value)
    {
        for (var seen = Volatile.Read(ref most); value > seen; seen = Volatile.Read(ref most))
        {
            Interlocked.CompareExchange(ref most, value, seen);
        }
    }
}
