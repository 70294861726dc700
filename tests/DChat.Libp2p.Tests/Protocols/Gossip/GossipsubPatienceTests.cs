using System.Diagnostics;
using DChat.Libp2p.Protocols.Gossip;
using DChat.Libp2p.Tests.Host;
using DChat.Libp2p.Tests.Hostile;
using DChat.Libp2p.Wire;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Libp2p.Tests.Protocols.Gossip;

/// <summary>Whoever does not return, does not read or fails costs a bounded time and a bounded place.</summary>
public sealed class GossipsubPatienceTests : IAsyncDisposable
{
    private readonly GossipNodes _nodes = new();

    public ValueTask DisposeAsync() => _nodes.DisposeAsync();

    [Fact]
    public async Task Validators_that_never_return_lose_their_place_until_too_many_hang()
    {
        var (alice, bob) = await PairAsync(o => (o.ValidationTimeout, o.Limits.MaxConcurrentValidations, o.Limits.MaxHangingValidations) = (TimeSpan.FromSeconds(5), 1, 2));
        var third = new TaskCompletionSource<GossipVerdict>();
        bob.Judge = m => m.Data.Span switch
        {
            [(byte)'h', ..] => new ValueTask<GossipVerdict>(new TaskCompletionSource<GossipVerdict>().Task),
            [(byte)'t', ..] => new ValueTask<GossipVerdict>(third.Task),
            _ => ValueTask.FromResult(GossipVerdict.Accept),
        };
        foreach (var text in new[] { "hangs", "hangs too", "good", "third", "waits" })
        {
            alice.Publish(text);
        }

        await bob.BeatUntilAsync(() => bob.Gossip.Counters is { ValidationsTimedOut: 2, Accepted: 1, Ignored: 2 });
        await bob.BeatUntilAsync(() => bob.Gossip.Counters.ValidationsTimedOut == 3);

        // Two hang already, so that the third keeps the only place until it returns.
        Assert.Equal((1, 2), (bob.Gossip.Counters.Accepted, bob.Gossip.Counters.Ignored));
        third.SetResult(GossipVerdict.Accept);
        await bob.BeatUntilAsync(() => bob.Gossip.Counters is { Accepted: 2, Ignored: 3 });
    }

    [Fact]
    public async Task A_peer_that_takes_nothing_has_its_stream_reset_and_what_waits_is_dropped()
    {
        var (hub, bob) = await PairAsync(o => (o.FloodPublish, o.StallTimeout, o.Limits.MaxQueuedTime) = (true, TimeSpan.FromSeconds(30), TimeSpan.FromDays(1)));
        await using var slow = await RawGossipPeer.ConnectAsync(_nodes.Network, "slow", hub, reads: false);
        await slow.SendAsync(new ProtobufWriter().Bytes(1, new ProtobufWriter().Varint(1, 1).Text(2, "t").ToArray()).ToArray());
        await GossipNode.UntilAsync(() => hub.Gossip.PeersOf("t").Count == 2);
        for (var i = 0; i < 200; i++)
        {
            hub.Gossip.Publish("t", BitConverter.GetBytes(i).Concat(new byte[16 * 1024]).ToArray());
        }

        var outbox = hub.Gossip.OutboxOf(slow.Host.LocalPeer)!;
        Assert.InRange(outbox.Bytes, 1024 * 1024, int.MaxValue);

        // Time moves once bob has all of it: else it may be his stream that takes too long.
        for (var i = 0; i < 200; i++)
        {
            await bob.NextAsync();
        }

        await hub.BeatUntilAsync(() => slow.StreamEnded.IsCompleted);
        Assert.Equal(1, hub.Gossip.Counters.StalledStreams);
        await GossipNode.UntilAsync(() => outbox.Bytes == 0);
        Assert.DoesNotContain(slow.Host.LocalPeer, hub.Gossip.MeshOf("t"));
    }

    [Fact]
    public async Task After_a_heartbeat_that_fails_comes_the_next()
    {
        var host = await _nodes.Network.StartAsync("alice");
        var time = new FailingTime();
        await using var gossip = new Gossipsub(host, new GossipsubOptions(), time);
        await gossip.StartAsync(TestContext.Current.CancellationToken);
        time.Advance(TimeSpan.FromSeconds(1));
        time.FailsInHeartbeat = true;
        await GossipNode.UntilAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return !time.FailsInHeartbeat;
        });

        var bob = await _nodes.StartAsync("bob");
        gossip.Subscribe("t", new GossipTopicOptions { Validator = (_, _) => ValueTask.FromResult(GossipVerdict.Accept) });
        bob.Subscribe();
        await bob.Host.ConnectAndIdentifyAsync(host);
        await GossipNode.UntilAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return gossip.MeshOf("t").Count == 1;
        });
    }

    private async Task<(GossipNode Alice, GossipNode Bob)> PairAsync(Action<GossipsubOptions> configure)
    {
        var (alice, bob) = (await _nodes.StartAsync("alice", configure), await _nodes.StartAsync("bob", configure));
        alice.Subscribe();
        bob.Subscribe();
        await alice.ConnectAsync(bob);
        await alice.MeshAsync(bob);
        return (alice, bob);
    }

    /// <summary>A clock that fails once when a heartbeat asks for the time.</summary>
    private sealed class FailingTime : FakeTimeProvider
    {
        private volatile bool _fails;

        public bool FailsInHeartbeat { get => _fails; set => _fails = value; }

        public override long GetTimestamp()
        {
            if (_fails && new StackTrace().ToString().Contains("BeatAsync", StringComparison.Ordinal))
            {
                _fails = false;
                throw new InvalidOperationException("The clock fails.");
            }

            return base.GetTimestamp();
        }
    }
}
