using System.Globalization;
using DChat.Libp2p.Multiformats;
using DChat.Libp2p.Tests.Host;
using DChat.Libp2p.Tests.Protocols.Kad;

namespace DChat.Libp2p.Tests.Hostile;

/// <summary>A host with everything on, to which peers come with everything on and go again, as many rounds as DCHAT_SOAK_ROUNDS says.</summary>
public sealed class SoakTests
{
    private static readonly int Rounds = int.Parse(Environment.GetEnvironmentVariable("DCHAT_SOAK_ROUNDS") ?? "10", CultureInfo.InvariantCulture);

    private const int WarmUps = 3;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Peers_that_come_and_go_leave_no_connection_place_stream_circuit_task_or_timer()
    {
        var time = new CountedTime();
        await using var network = new TestNetwork();
        await using var hub = await FullNode.StartAsync(network, "hub", time);

        // The first rounds set what stays: workers that wait for the first time. One round alone may be looked at while a timer is set anew.
        var (tasks, timers) = (0, 0);
        for (var i = -WarmUps; i < 0; i++)
        {
            await RoundAsync(network, hub, time, i);
            await SettleAsync(hub, time);
            (tasks, timers) = (Math.Max(tasks, hub.Tasks), Math.Max(timers, time.Timers));
        }

        var connections = new List<WeakReference>();
        for (var i = 0; i < Rounds; i++)
        {
            connections.AddRange(await RoundAsync(network, hub, time, i));
        }

        await SettleAsync(hub, time);
        for (var i = 0; i < 100_000 && (hub.Tasks > tasks || time.Timers > timers); i++)
        {
            await Task.Yield();
        }

        Assert.InRange(hub.Tasks, 0, tasks);
        Assert.InRange(time.Timers, 0, timers);
        for (var i = 0; i < 50 && connections.Count(r => r.IsAlive) > 1; i++)
        {
            await Task.Yield();
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.InRange(connections.Count(r => r.IsAlive), 0, 1);
    }

    private static async Task SettleAsync(FullNode hub, CountedTime time)
    {
        await TestHosts.UntilAsync(() => hub.Left == FullNode.Nothing);

        // Streams that are given a while to end, pings, retries.
        for (var i = 0; i < 150; i++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            for (var j = 0; j < 20; j++)
            {
                await Task.Yield();
            }
        }
    }

    private static async Task<List<WeakReference>> RoundAsync(TestNetwork network, FullNode hub, CountedTime time, int round)
    {
        var bob = await FullNode.StartAsync(network, $"bob{round}", time, hub, o => o.ListenAddresses.Add(hub.Through));
        var alice = await FullNode.StartAsync(network, $"alice{round}", time, hub);
        await Task.WhenAll(bob.Dht.Ready, alice.Dht.Ready).WaitAsync(TestNetwork.Patience, Cancel);
        await bob.Dht.ProvideAsync(Multihash.Sha256("all"u8), Cancel);
        await alice.Dht.PutValueAsync(KadNode.Key("k"), KadNode.Value(round + WarmUps + 1), Cancel);
        Assert.NotNull(await bob.Dht.GetValueAsync(KadNode.Key("k"), cancellationToken: Cancel));

        var circuit = await alice.Host.ConnectAsync(hub.Through.WithPeer(bob.Peer), Cancel);
        await using (var stream = await alice.Host.NewStreamAsync(circuit, [FullNode.Echo], Cancel))
        {
            await stream.Output.WriteAsync("x"u8.ToArray(), Cancel);
            Assert.Single(await stream.Input.ReadExactlyAsync(1));
        }

        await KadNode.UntilAsync(() =>
        {
            // Whom gossip has missed it finds at its heartbeat.
            time.Advance(TimeSpan.FromMilliseconds(10));
            return hub.Gossip.PeersOf(FullNode.Topic).Count >= 2 && alice.Gossip.PeersOf(FullNode.Topic).Count > 0;
        });
        alice.Gossip.Publish(FullNode.Topic, BitConverter.GetBytes(round));
        time.Advance(TimeSpan.FromSeconds(1));
        var connections = hub.Host.Connections.Concat(alice.Host.Connections).Select(c => new WeakReference(c)).ToList();
        await alice.DisposeAsync();
        await bob.DisposeAsync();
        await TestHosts.UntilAsync(() => hub.Left == FullNode.Nothing);
        return connections;
    }
}
