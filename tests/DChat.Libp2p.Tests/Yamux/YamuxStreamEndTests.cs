using DChat.Libp2p.Transports;
using DChat.Libp2p.Yamux;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Libp2p.Tests.Yamux;

/// <summary>Ending a stream, or a session, at awkward moments.</summary>
public sealed class YamuxStreamEndTests
{
    [Fact]
    public async Task What_is_written_is_sent_once_however_often_the_output_is_completed()
    {
        await using var peer = await YamuxPeer.StartAsync();
        var stream = await OpenFullAsync(peer);
        Write(stream, "tail"u8);
        stream.Output.Complete();
        var closes = new[] { stream.Output.CompleteAsync().AsTask(), stream.CloseAsync().AsTask() };
        await peer.SynchroniseAsync();

        await peer.SendAsync(YamuxType.WindowUpdate, YamuxFlags.None, 2, 100);
        await peer.ExpectDataAsync(2, "tail"u8.ToArray());
        await peer.ExpectAsync(YamuxType.WindowUpdate, YamuxFlags.Fin, 2, 0);
        await Task.WhenAll(closes).WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        await peer.SynchroniseAsync();
    }

    [Fact]
    public async Task Completing_the_output_gives_up_on_a_peer_that_never_opens_its_window()
    {
        var time = new FakeTimeProvider();
        await using var peer = await YamuxPeer.StartAsync(new YamuxOptions { KeepAliveInterval = TimeSpan.FromHours(1) }, time);
        var stream = await OpenFullAsync(peer);
        Write(stream, "tail"u8);
        var complete = stream.Output.CompleteAsync().AsTask();
        time.Advance(TimeSpan.FromSeconds(59));
        await peer.SynchroniseAsync();
        Assert.False(complete.IsCompleted);

        time.Advance(TimeSpan.FromSeconds(1));
        await peer.ExpectAsync(YamuxType.WindowUpdate, YamuxFlags.Rst, 2, 0);
        await complete;
    }

    [Fact]
    public async Task A_close_that_was_cancelled_can_be_asked_for_again()
    {
        await using var peer = await YamuxPeer.StartAsync();
        var stream = await OpenFullAsync(peer);
        Write(stream, "tail"u8);
        using var cancel = new CancellationTokenSource();
        var close = stream.CloseWriteAsync(cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => close);

        await peer.SendAsync(YamuxType.WindowUpdate, YamuxFlags.None, 2, 100);
        await stream.CloseWriteAsync(TestContext.Current.CancellationToken);
        await peer.ExpectDataAsync(2, "tail"u8.ToArray());
        await peer.ExpectAsync(YamuxType.WindowUpdate, YamuxFlags.Fin, 2, 0);
    }

    [Fact]
    public async Task A_session_closed_before_its_start_stays_closed_and_sets_no_timer()
    {
        var time = new CountingTime();
        var (near, _) = Pipes.CreatePair();
        var session = new YamuxSession(near, near, isInitiator: true, new YamuxOptions(), time);
        await session.CloseAsync();
        var before = time.Timers;
        session.Start();
        Assert.Equal(before, time.Timers);
    }

    private static async Task<IMuxedStream> OpenFullAsync(YamuxPeer peer)
    {
        var stream = await peer.OpenAsync();
        await stream.Output.WriteAsync(new byte[YamuxOptions.InitialWindow], TestContext.Current.CancellationToken);
        for (var left = YamuxOptions.InitialWindow; left > 0;)
        {
            left -= (await peer.ReadPayloadAsync(await peer.ReadAsync())).Length;
        }

        return stream;
    }

    private static void Write(IMuxedStream stream, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(stream.Output.GetSpan(bytes.Length));
        stream.Output.Advance(bytes.Length);
    }

    private sealed class CountingTime : TimeProvider
    {
        private int _timers;

        public int Timers => _timers;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Interlocked.Increment(ref _timers);
            return base.CreateTimer(callback, state, dueTime, period);
        }
    }
}
