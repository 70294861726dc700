using System.Globalization;
using DChat.Libp2p.Host;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Tests.Host;
using DChat.Libp2p.Yamux;

namespace DChat.Libp2p.Tests.Hostile;

/// <summary>
/// Ten thousand sessions; a thousand connections with their handshakes, or as many as DCHAT_LEAK_CONNECTIONS says. At most one
/// of a thousand may be alive at the end, so more connections show no more, only rarer leaks.
/// </summary>
public sealed class LeakTests
{
    private static readonly int Connections =
        int.Parse(Environment.GetEnvironmentVariable("DCHAT_LEAK_CONNECTIONS") ?? "1000", CultureInfo.InvariantCulture);

    [Fact]
    public async Task Ten_thousand_sessions_leave_no_session_stream_or_task()
    {
        var sessions = new List<WeakReference>();
        for (var i = 0; i < 10_000; i++)
        {
            sessions.Add(await OpenAndCloseSessionAsync());
        }

        await CollectedAsync(sessions, most: 10);
    }

    [Fact]
    public async Task Many_connections_leave_no_connection_place_stream_or_task()
    {
        await using var network = new TestNetwork();
        var (alice, bob) = (await network.StartAsync("alice"), await network.StartAsync("bob", o => (o.Connections.MaxInbound, o.Connections.Handshakes.TotalBurst) = (2, 2 * Connections)));
        bob.SetStreamHandler("/echo/1", TestHosts.EchoAsync);
        var (ours, theirs) = (alice.RunningTasks, bob.RunningTasks);
        var connections = new List<WeakReference>();
        for (var i = 0; i < Connections; i++)
        {
            connections.Add(await ConnectAndCloseAsync(alice, bob));
        }

        Assert.Empty(alice.Connections);
        Assert.Empty(bob.Connections);
        while (alice.RunningTasks > ours || bob.RunningTasks > theirs)
        {
            await Task.Yield();
        }

        await CollectedAsync(connections, most: Math.Max(1, Connections / 1000));
    }

    private static async Task<WeakReference> OpenAndCloseSessionAsync()
    {
        var (near, far) = Pipes.CreatePair();
        var dialer = new YamuxSession(near, near, isInitiator: true, new YamuxOptions(), TimeProvider.System);
        var listener = new YamuxSession(far, far, isInitiator: false, new YamuxOptions(), TimeProvider.System);
        dialer.Start();
        listener.Start();
        var stream = await dialer.OpenStreamAsync(TestContext.Current.CancellationToken);
        await stream.Output.WriteAsync("x"u8.ToArray(), TestContext.Current.CancellationToken);
        var accepted = await listener.AcceptStreamAsync(TestContext.Current.CancellationToken);
        await accepted!.Input.ReadExactlyAsync(1);

        // Left open on purpose: the end of the session has to end it.
        await dialer.CloseAsync();
        await listener.Completion;
        await Task.WhenAll(stream.Completion, accepted.Completion);
        Assert.Equal((0, 0), (dialer.StreamCount, listener.StreamCount));
        return new WeakReference(dialer);
    }

    private static async Task<WeakReference> ConnectAndCloseAsync(Libp2pHost alice, Libp2pHost bob)
    {
        using var events = bob.Subscribe();
        var connection = await alice.ConnectAsync(bob.Address(), TestContext.Current.CancellationToken);
        var stream = await alice.NewStreamAsync(connection, ["/echo/1"], TestContext.Current.CancellationToken);
        await stream.Output.WriteAsync("x"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.Single(await stream.Input.ReadExactlyAsync(1));
        await alice.DisconnectAsync(bob.LocalPeer);
        await events.NextAsync<PeerEvent.ConnectionClosed>();
        while (alice.ConnectionsTo(bob.LocalPeer).Count > 0)
        {
            await Task.Yield();
        }

        return new WeakReference(connection);
    }

    /// <summary>A few may still be in registers or in finishing continuations; a leak keeps all.</summary>
    private static async Task CollectedAsync(List<WeakReference> references, int most)
    {
        for (var i = 0; i < 50 && references.Count(r => r.IsAlive) > most; i++)
        {
            await Task.Yield();
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.InRange(references.Count(r => r.IsAlive), 0, most);
    }
}
