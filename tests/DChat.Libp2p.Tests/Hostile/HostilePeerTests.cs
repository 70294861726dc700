using DChat.Libp2p.Host;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Tests.Host;
using DChat.Libp2p.Transports;
using DChat.Libp2p.Yamux;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Libp2p.Tests.Hostile;

/// <summary>Authenticated peers that mean harm, or are merely slow, against a whole host.</summary>
public sealed class HostilePeerTests
{
    private const string Echo = "/echo/1.0.0";

    [Fact]
    public async Task A_peer_that_opens_streams_and_says_nothing_is_held_to_its_limit_and_hinders_nobody_else()
    {
        var time = new FakeTimeProvider();
        await using var network = new TestNetwork();
        var hub = await network.StartAsync("hub", o => o.Yamux.MaxInboundStreams = 100, time);
        hub.SetStreamHandler(Echo, TestHosts.EchoAsync);
        var (mallory, alice) = (await network.StartAsync("mallory"), await network.StartAsync("alice"));
        await mallory.ConnectAndIdentifyAsync(hub);
        var session = mallory.Connections[0].Muxed;
        var taken = new List<IMuxedStream>();
        for (var i = 0; i < 90; i++)
        {
            var stream = await session.OpenStreamAsync(TestContext.Current.CancellationToken);
            await stream.Output.WriteTextAsync("\u0013/multistream/1.0.0\n");
            await stream.Input.ReadExactlyAsync(20);
            taken.Add(stream);
        }

        IMuxedStream last = taken[0];
        for (var i = 0; i < 100; i++)
        {
            last = await session.OpenStreamAsync(TestContext.Current.CancellationToken);
        }

        await RefusedAsync(last, Libp2pErrorCodes.LimitReached);
        await alice.ConnectAsync(hub.Address(), TestContext.Current.CancellationToken);
        await EchoAsync(alice, hub);

        // Streams that were taken on are dropped when they have named no protocol in time.
        time.Advance(new ConnectionLimits().NegotiationTimeout);
        foreach (var stream in taken)
        {
            await RefusedAsync(stream);
        }
    }

    [Fact]
    public async Task A_peer_that_opens_and_resets_streams_as_fast_as_it_can_leaves_nothing_behind()
    {
        await using var network = new TestNetwork();
        var (hub, mallory, alice) = (await network.StartAsync("hub"), await network.StartAsync("mallory"), await network.StartAsync("alice"));
        hub.SetStreamHandler(Echo, TestHosts.EchoAsync);
        await alice.ConnectAndIdentifyAsync(hub);
        await mallory.ConnectAndIdentifyAsync(hub);
        var session = mallory.Connections[0].Muxed;
        try
        {
            for (var i = 0; i < 10_000; i++)
            {
                (await session.OpenStreamAsync(TestContext.Current.CancellationToken)).Reset();
            }
        }
        catch (Libp2pException)
        {
            // Cut off for the answers it provoked, which is as good an end.
        }

        await EchoAsync(alice, hub);
        await mallory.DisposeAsync();
        await alice.DisposeAsync();
        while (hub.RunningTasks > 1 || hub.Connections.Count > 0)
        {
            // The one task left is the listener's.
            await Task.Yield();
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        }
    }

    [Fact]
    public async Task A_peer_that_reads_nothing_holds_up_only_what_is_written_to_it()
    {
        await using var network = new TestNetwork();
        var (hub, slow, alice) = (await network.StartAsync("hub"), await network.StartAsync("slow"), await network.StartAsync("alice"));
        slow.SetStreamHandler("/sink/1", (stream, token) => stream.Completion.WaitAsync(token));
        slow.SetStreamHandler(Echo, TestHosts.EchoAsync);
        alice.SetStreamHandler(Echo, TestHosts.EchoAsync);
        hub.Introduce(slow);
        hub.Introduce(alice);
        await using var stuck = await hub.NewStreamAsync(slow.LocalPeer, ["/sink/1"], TestContext.Current.CancellationToken);
        var write = stuck.Output.WriteAsync(new byte[4 * YamuxOptions.InitialWindow], TestContext.Current.CancellationToken).AsTask();

        await EchoAsync(hub, slow);
        await EchoAsync(hub, alice);
        Assert.False(write.IsCompleted);
        await slow.DisposeAsync();
        await Assert.ThrowsAsync<Libp2pException>(() => write);
    }

    [Fact]
    public async Task A_peer_that_stops_answering_is_given_up()
    {
        var time = new FakeTimeProvider();
        await using var network = new TestNetwork();
        var (hub, other) = (await network.StartAsync("hub", time: time), await network.StartAsync("other"));
        using var events = hub.Subscribe();
        await other.ConnectAndIdentifyAsync(hub);

        // Nothing is read any more: what is sent piles up in the transport, then nowhere.
        var session = hub.Connections[0].Muxed;
        ((YamuxSession)other.Connections[0].Muxed).Output.Stop(new Libp2pException(Libp2pErrorCodes.ConnectionClosed, "Struck dumb."));
        await AdvanceUntilAsync(time, TimeSpan.FromSeconds(10), () => session.Completion.IsCompleted);
        Assert.Equal(CloseReason.TimedOut, (await events.NextAsync<PeerEvent.ConnectionClosed>()).Reason);
    }

    private static async Task EchoAsync(Libp2pHost from, Libp2pHost to)
    {
        await using var stream = await from.NewStreamAsync(to.LocalPeer, [Echo], TestContext.Current.CancellationToken);
        await stream.Output.WriteAsync("hello"u8.ToArray(), TestContext.Current.CancellationToken);
        await stream.CloseWriteAsync(TestContext.Current.CancellationToken);
        Assert.Equal("hello", await stream.Input.ReadTextToEndAsync());
    }

    private static async Task RefusedAsync(IMuxedStream stream, string code = Libp2pErrorCodes.StreamReset)
    {
        var fault = await Assert.ThrowsAsync<Libp2pException>(async () => await stream.Input.ReadAsync(TestContext.Current.CancellationToken));
        Assert.Equal(code, fault.Code);
    }

    /// <summary>Moves time in steps that other tasks can keep up with, until something has come about.</summary>
    private static async Task AdvanceUntilAsync(FakeTimeProvider time, TimeSpan step, Func<bool> reached)
    {
        while (!reached())
        {
            time.Advance(step);
            await Task.Yield();
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        }
    }
}
