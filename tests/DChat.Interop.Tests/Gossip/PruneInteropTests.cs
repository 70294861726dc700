using System.Diagnostics;
using DChat.Interop.Tests.Js;
using DChat.Libp2p.Protocols.Gossip;
using DChat.Libp2p.Protocols.Gossip.Routing;

namespace DChat.Interop.Tests.Gossip;

/// <summary>What follows from a PRUNE: a back-off, and others to turn to (gossipsub-v1.1.md, "Prune Backoff", "Peer Exchange on Prune").</summary>
public sealed class PruneInteropTests
{
    private static readonly TimeSpan Backoff = TimeSpan.FromSeconds(3);

    [Theory]
    [InlineData(Side.CSharp)]
    [InlineData(Side.Js)]
    public async Task Who_leaves_and_comes_back_is_grafted_when_the_back_off_is_over_and_not_before(Side leaver)
    {
        await using var ours = await GossipHost.StartAsync(o => o.UnsubscribeBackoff = Backoff);
        await using var js = await StartJsAsync(new JsGossipSettings { LeaveBackoffMs = (int)Backoff.TotalMilliseconds });
        ours.Subscribe();
        await js.SubscribeAsync();
        await ours.ConnectAsync(js);
        await js.MeshedAsync(ours);

        var since = Stopwatch.StartNew();
        if (leaver == Side.CSharp)
        {
            ours.Gossip.Unsubscribe(GossipHost.Topic);
            await GossipHost.UntilAsync(async () => (await js.PeersAsync()).Count == 0, () => "Ours is still subscribed on js.");
            ours.Subscribe();
        }
        else
        {
            await js.UnsubscribeAsync();
            await ours.UntilAsync(o => o.Gossip.PeersOf(GossipHost.Topic).Count == 0, "js to have left");
            await js.SubscribeAsync();
        }

        await js.MeshedAsync(ours);
        Assert.True(since.Elapsed >= Backoff, $"They were in a mesh again after {since.Elapsed}.");
        Assert.Equal((0, 0), (ours.Gossip.Counters.EarlyGrafts, await js.MisdeedsAsync(ours.Id)));
    }

    /// <summary>js punishes the first graft within a back-off, and what this side tells it when it stops is one for each topic.</summary>
    [Fact]
    public async Task Who_stops_and_starts_again_has_done_nothing_wrong_in_ten_topics()
    {
        string[] topics = [.. Enumerable.Range(0, 10).Select(i => $"/dchat-test/{i}")];
        await using var js = await StartJsAsync(new JsGossipSettings());
        foreach (var topic in topics)
        {
            await js.DoAsync("gossipSubscribe", ("topic", topic));
        }

        var host = await Pair.StartHostAsync();
        await host.ConnectAsync(js.Addresses[0], TestContext.Current.CancellationToken);
        for (var run = 0; run < 2; run++)
        {
            await using var gossip = new Gossipsub(host, new GossipsubOptions());
            await gossip.StartAsync(TestContext.Current.CancellationToken);
            foreach (var topic in topics)
            {
                gossip.Subscribe(topic, new GossipTopicOptions { Validator = (_, _) => ValueTask.FromResult(GossipVerdict.Accept) });
            }

            await GossipHost.UntilAsync(
                async () => (await Task.WhenAll(topics.Select(t => js.DoAsync("gossipMesh", ("topic", t))))).All(mesh => mesh!.AsArray().Count == 1),
                () => $"Run {run} is not in every mesh of js.");
            Assert.Equal((0, 0), (await js.MisdeedsAsync(host.LocalPeer), await js.ScoreAsync(host.LocalPeer)));
            await gossip.DisposeAsync();

            // No process starts again in less.
            var stopped = Stopwatch.StartNew();
            await GossipHost.UntilAsync(() => Task.FromResult(stopped.Elapsed > 1.1 * GossipRouter.StopBackoff), () => "The clock stands still.");
        }

        await host.DisposeAsync();
    }

    [Fact]
    public async Task Js_connects_to_those_that_ours_tells_of_when_it_prunes_it()
    {
        await using var hub = await GossipHost.StartAsync(o => o.PeerExchange = true);
        await using var other = await GossipHost.StartAsync();
        await using var js = await StartJsAsync(new JsGossipSettings { Exchange = true });
        hub.Subscribe();
        other.Subscribe();
        await js.SubscribeAsync();
        await other.ConnectAsync(hub);
        await hub.ConnectAsync(js);
        await js.MeshedAsync(hub);
        await hub.UntilAsync(o => o.Gossip.PeersOf(GossipHost.Topic).Count == 2, "both to be known");
        Assert.DoesNotContain(other.Id, await js.ConnectedAsync());

        hub.Gossip.Unsubscribe(GossipHost.Topic);
        await js.MeshedAsync(other);
        Assert.Contains(other.Id, await js.ConnectedAsync());
    }

    [Fact]
    public async Task Ours_connects_to_those_that_js_tells_of_when_it_prunes_it()
    {
        await using var ours = await GossipHost.StartAsync(o => o.AcceptsExchangeOf = _ => true);
        await using var other = await GossipHost.StartAsync();
        await using var hub = await StartJsAsync(new JsGossipSettings { Exchange = true });
        ours.Subscribe();
        other.Subscribe();
        await hub.SubscribeAsync();
        await other.ConnectAsync(hub);
        await ours.ConnectAsync(hub);
        await hub.MeshedAsync(ours);
        await hub.MeshedAsync(other);
        Assert.Empty(ours.Host.ConnectionsTo(other.Id));

        await hub.UnsubscribeAsync();
        await ours.UntilAsync(o => o.Gossip.MeshOf(GossipHost.Topic).Contains(other.Id), "the other to be in the mesh");
    }

    private static Task<JsPeer> StartJsAsync(JsGossipSettings gossip) => JsPeer.StartAsync(new JsPeerSettings { Gossip = gossip });
}
