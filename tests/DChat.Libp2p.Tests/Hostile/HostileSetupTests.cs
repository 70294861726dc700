using DChat.Libp2p.Host;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Tests.Host;
using DChat.Libp2p.Transports;

namespace DChat.Libp2p.Tests.Hostile;

/// <summary>Whoever makes setting up a connection long, or does it again and again. The hub's clock moves only where a test moves it.</summary>
public sealed class HostileSetupTests : IAsyncDisposable
{
    private const string Attacker = "10.0.0.1";

    private readonly CountedTime _time = new();
    private readonly TestNetwork _network = new();
    private readonly Meters _meters = new();

    public async ValueTask DisposeAsync()
    {
        await _network.DisposeAsync();
        _meters.Dispose();
    }

    [Fact]
    public async Task A_handshake_of_a_byte_a_second_is_cut_in_time_and_keeps_nobody_out()
    {
        var hub = await StartHubAsync();
        var timers = _time.Timers;
        var slow = new List<ITransportConnection>();
        for (var i = 0; i < 16; i++)
        {
            slow.Add(await new RawDialer(_network.Internet, Attacker).OpenAsync(hub.ListenAddresses[0]));
        }

        // The time of each runs from when its place is taken, a moment later.
        await ReachedAsync(() => hub.PendingInbound == 16 && _time.Timers == timers + 16);
        var header = "\u0013/multistream/1.0.0\n"u8.ToArray();
        var limit = (int)new ConnectionLimits().UpgradeTimeout.TotalSeconds;
        for (var second = 0; second < limit; second++)
        {
            Assert.Equal(16, hub.PendingInbound);
            foreach (var connection in slow)
            {
                await connection.Output.WriteAsync(header.AsMemory(second, 1), TestContext.Current.CancellationToken);
            }

            await ConnectHonestAsync(hub, $"203.0.113.{second}");
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        await _meters.RefusedAsync(Libp2pErrorCodes.TimedOut, 16);
        await ReachedAsync(() => hub.PendingInbound == 0);
        Assert.Equal(limit, hub.Connections.Count);
    }

    [Fact]
    public async Task A_negotiation_without_end_is_cut_in_time_and_its_answers_are_bounded()
    {
        var hub = await StartHubAsync();
        var connection = await new RawDialer(_network.Internet, Attacker).OpenAsync(hub.ListenAddresses[0]);
        await connection.Output.WriteTextAsync("\u0013/multistream/1.0.0\n");

        // Its time runs from when it is first answered. After so many proposals as a listener answers it has no place any more.
        connection.Input.AdvanceTo((await connection.Input.ReadAsync(TestContext.Current.CancellationToken)).Buffer.Start);
        Assert.Equal(1, hub.PendingInbound);
        var proposing = Task.Run(async () =>
        {
            // Reads no answer but the first.
            while (!(await connection.Output.WriteAsync("\u0008/none/1\n"u8.ToArray(), TestContext.Current.CancellationToken)).IsCompleted)
            {
                await Task.Yield();
            }
        }, TestContext.Current.CancellationToken);
        await ConnectHonestAsync(hub, "203.0.113.7");
        _time.Advance(new ConnectionLimits().UpgradeTimeout);
        await ReachedAsync(() => hub.PendingInbound == 0 && _meters.Refused > 0);
        await connection.DisposeAsync();
        await Record.ExceptionAsync(() => proposing.WaitAsync(TestNetwork.Patience, TestContext.Current.CancellationToken));
        Assert.True(proposing.IsCompleted);
        Assert.Equal(1, _meters.Refused);
    }

    [Fact]
    public async Task A_storm_of_sockets_that_connect_and_close_costs_its_network_and_keeps_nobody_out()
    {
        var hub = await StartHubAsync();
        var handshakes = new HandshakeLimits();
        var attacker = new RawDialer(_network.Internet, Attacker);
        var tasks = hub.RunningTasks;
        for (var i = 0; i < 3000; i++)
        {
            await (await attacker.OpenAsync(hub.ListenAddresses[0])).DisposeAsync();
            Assert.InRange(hub.PendingInbound, 0, 16);
        }

        // What is beyond the burst waits for its turn or has lost its place; nobody else does.
        await _meters.ReachesAsync("connections.refused/PendingInboundPerNetwork", 1);
        await ReachedAsync(() => _meters.Refused + hub.PendingInbound == 3000);
        Assert.InRange(3000 - _meters["connections.refused/PendingInboundPerNetwork"], 0, handshakes.PerIpBurst + 16 + 16);
        for (var i = 0; i < 10; i++)
        {
            await ConnectHonestAsync(hub, $"203.0.113.{i}");
        }

        // Coming again resets nothing: the address begins at its rate.
        Assert.Equal(10, hub.Connections.Count);
        _time.Advance(TimeSpan.FromSeconds(1));
        await ReachedAsync(() => hub.PendingInbound == 0);
        Assert.InRange(hub.RunningTasks - tasks, 0, 10 * 3);
    }

    [Fact]
    public async Task A_storm_of_whole_connections_from_one_network_is_held_to_its_rate_and_keeps_nobody_out()
    {
        var hub = await StartHubAsync(o => (o.Connections.Handshakes.PerIp, o.Connections.Handshakes.PerIpBurst) = (4, 20));
        var attacker = new RawDialer(_network.Internet, Attacker);
        for (var i = 0; i < 20; i++)
        {
            await (await attacker.ConnectAsync(hub.ListenAddresses[0])).CloseAsync();
        }

        var waiting = Enumerable.Range(0, 16).Select(_ => attacker.ConnectAsync(hub.ListenAddresses[0])).ToArray();
        await ReachedAsync(() => hub.PendingInbound == 16);
        await ConnectHonestAsync(hub, "203.0.113.7");
        Assert.All(waiting, w => Assert.False(w.IsCompleted));

        // Four a second, whoever they say they are.
        for (var begun = 4; begun <= 16; begun += 4)
        {
            for (var step = 0; step < 100; step++)
            {
                _time.Advance(TimeSpan.FromMilliseconds(10));
            }

            _time.Advance(TimeSpan.FromMilliseconds(2));
            await ReachedAsync(() => hub.PendingInbound == 16 - begun);
        }

        await Task.WhenAll(waiting);
    }

    [Fact]
    public async Task A_storm_of_reconnects_by_one_peer_leaves_nothing_behind()
    {
        var hub = await StartHubAsync();
        var mallory = await _network.StartAtAsync(Attacker);
        var honest = await ConnectHonestAsync(hub, "203.0.113.7");
        var tasks = hub.RunningTasks;
        for (var i = 0; i < 200; i++)
        {
            var connection = await mallory.ConnectAsync(hub.Address(), TestContext.Current.CancellationToken);
            await connection.CloseAsync();
        }

        await ReachedAsync(() => hub.ConnectionsTo(mallory.LocalPeer).Count == 0 && hub.PendingInbound == 0 && hub.RunningTasks <= tasks);
        Assert.Single(hub.ConnectionsTo(honest.LocalPeer));
    }

    private Task<Libp2pHost> StartHubAsync(Action<Libp2pOptions>? configure = null) =>
        _network.StartAtAsync("198.51.100.1", configure, _time, _meters);

    /// <summary>A host of another network that gets in while the hub's clock stands still.</summary>
    private async Task<Libp2pHost> ConnectHonestAsync(Libp2pHost hub, string ip)
    {
        var honest = await _network.StartAtAsync(ip);
        await honest.ConnectAndIdentifyAsync(hub);
        return honest;
    }

    private static async Task ReachedAsync(Func<bool> reached)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TestNetwork.Patience);
        while (!reached())
        {
            await Task.Yield();
            patience.Token.ThrowIfCancellationRequested();
        }
    }
}
