using DChat.Libp2p.Transports;
using DChat.Libp2p.Yamux;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Libp2p.Tests.Yamux;

public sealed class YamuxFlowControlTests
{
    [Fact]
    public async Task A_writer_stops_at_the_peers_window_and_goes_on_when_it_opens()
    {
        await using var peer = await YamuxPeer.StartAsync();
        var stream = await peer.OpenAsync();
        var data = Pipes.Pattern(YamuxOptions.InitialWindow + 10);
        var write = stream.Output.WriteAsync(data, TestContext.Current.CancellationToken).AsTask();

        var received = await ReadDataAsync(peer, YamuxOptions.InitialWindow);
        Assert.False(write.IsCompleted);
        await peer.SendAsync(YamuxType.WindowUpdate, YamuxFlags.None, 2, 4);
        received.AddRange(await ReadDataAsync(peer, 4));
        await peer.SendAsync(YamuxType.WindowUpdate, YamuxFlags.None, 2, 100);
        received.AddRange(await ReadDataAsync(peer, 6));
        await write;
        Assert.Equal(data, received);
    }

    [Fact]
    public async Task A_writer_runs_only_so_far_ahead_of_a_peer_that_grants_more()
    {
        const int Ahead = YamuxOptions.InitialWindow + 10;
        await using var peer = await YamuxPeer.StartAsync();
        peer.Session.MaxSendAhead = Ahead;
        var stream = await peer.OpenAsync();
        await peer.SendAsync(YamuxType.WindowUpdate, YamuxFlags.None, 2, 16 * 1024 * 1024);
        await peer.SynchroniseAsync();
        var write = stream.Output.WriteAsync(new byte[Ahead + 1], TestContext.Current.CancellationToken).AsTask();
        await ReadDataAsync(peer, Ahead);
        await peer.SynchroniseAsync();
        Assert.False(write.IsCompleted);

        await peer.SendAsync(YamuxType.WindowUpdate, YamuxFlags.None, 2, Ahead);
        await ReadDataAsync(peer, 1);
        await write;
    }

    [Theory]
    [InlineData(YamuxOptions.InitialWindow, true)]
    [InlineData(YamuxOptions.InitialWindow - 1, false)]
    [InlineData(YamuxOptions.JsUnreadLimit, true)]
    [InlineData(YamuxOptions.JsUnreadLimit + 1, false)]
    public void How_far_to_run_ahead_of_js_has_a_range(int bytes, bool allowed) =>
        Assert.Equal(allowed, !new YamuxOptions { MaxSendAheadOfJs = bytes }.Validate().Any());

    [Fact]
    public async Task A_waiting_writer_can_be_cancelled_and_the_stream_lives_on()
    {
        await using var peer = await YamuxPeer.StartAsync();
        var stream = await peer.OpenAsync();
        await stream.Output.WriteAsync(new byte[YamuxOptions.InitialWindow], TestContext.Current.CancellationToken);
        await ReadDataAsync(peer, YamuxOptions.InitialWindow);
        using var cancel = new CancellationTokenSource();
        var write = stream.Output.WriteAsync(new byte[5], cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => write);

        var flush = stream.Output.FlushAsync(TestContext.Current.CancellationToken).AsTask();
        stream.Output.CancelPendingFlush();
        Assert.True((await flush).IsCanceled);
        await peer.SendAsync(YamuxType.WindowUpdate, YamuxFlags.None, 2, 5);
        await stream.Output.FlushAsync(TestContext.Current.CancellationToken);
        Assert.Equal(5, (await ReadDataAsync(peer, 5)).Count);
    }

    [Theory]
    [InlineData(5000, 100)]
    [InlineData(100_000, 100)]
    [InlineData(100_000, 0)]
    public async Task A_write_that_was_cancelled_half_way_loses_nothing(int length, int fits)
    {
        await using var peer = await YamuxPeer.StartAsync();
        var stream = await peer.OpenAsync();
        await stream.Output.WriteAsync(new byte[YamuxOptions.InitialWindow - fits], TestContext.Current.CancellationToken);
        await ReadDataAsync(peer, YamuxOptions.InitialWindow - fits);
        var data = Pipes.Pattern(length);
        using var cancel = new CancellationTokenSource();
        var write = stream.Output.WriteAsync(data, cancel.Token).AsTask();
        var received = await ReadDataAsync(peer, fits);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => write);

        await peer.SendAsync(YamuxType.WindowUpdate, YamuxFlags.None, 2, 200_000);
        await stream.Output.WriteAsync("end"u8.ToArray(), TestContext.Current.CancellationToken);
        received.AddRange(await ReadDataAsync(peer, length - fits + 3));
        Assert.Equal([.. data, .. "end"u8], received);
    }

    [Fact]
    public async Task A_long_write_behind_a_flush_that_was_cancelled_loses_nothing()
    {
        await using var peer = await YamuxPeer.StartAsync();
        var stream = await peer.OpenAsync();
        await stream.Output.WriteAsync(new byte[YamuxOptions.InitialWindow], TestContext.Current.CancellationToken);
        await ReadDataAsync(peer, YamuxOptions.InitialWindow);
        "head"u8.CopyTo(stream.Output.GetSpan(4));
        stream.Output.Advance(4);
        var data = Pipes.Pattern(100_000);
        var write = stream.Output.WriteAsync(data, TestContext.Current.CancellationToken).AsTask();
        stream.Output.CancelPendingFlush();
        Assert.True((await write).IsCanceled);

        await peer.SendAsync(YamuxType.WindowUpdate, YamuxFlags.None, 2, 200_000);
        await stream.Output.FlushAsync(TestContext.Current.CancellationToken);
        Assert.Equal([.. "head"u8, .. data], await ReadDataAsync(peer, 100_004));
    }

    [Fact]
    public async Task The_window_opens_again_once_half_of_it_is_consumed()
    {
        await using var peer = await YamuxPeer.StartAsync(new YamuxOptions { MaxWindow = YamuxOptions.InitialWindow });
        var stream = await peer.OpenAsync();
        await peer.SendDataAsync(2, new byte[YamuxOptions.InitialWindow]);

        await ConsumeAsync(stream, (YamuxOptions.InitialWindow / 2) - 1);
        await peer.SynchroniseAsync();
        await ConsumeAsync(stream, 1);
        await peer.ExpectAsync(YamuxType.WindowUpdate, YamuxFlags.None, 2, YamuxOptions.InitialWindow / 2);
    }

    [Fact]
    public async Task What_the_reader_has_looked_at_and_keeps_opens_the_window_once()
    {
        await using var peer = await YamuxPeer.StartAsync(new YamuxOptions { MaxWindow = YamuxOptions.InitialWindow });
        var stream = await peer.OpenAsync();
        await peer.SendDataAsync(2, new byte[YamuxOptions.InitialWindow]);
        await peer.SynchroniseAsync();
        var kept = await stream.Input.ReadAsync(TestContext.Current.CancellationToken);
        Assert.Equal(YamuxOptions.InitialWindow, kept.Buffer.Length);
        stream.Input.AdvanceTo(kept.Buffer.Start, kept.Buffer.End);

        // It wants more before it can use any: a message longer than the window.
        await peer.ExpectAsync(YamuxType.WindowUpdate, YamuxFlags.None, 2, YamuxOptions.InitialWindow);
        await peer.SendDataAsync(2, new byte[YamuxOptions.InitialWindow / 2]);
        await peer.SynchroniseAsync();
        kept = await stream.Input.ReadAsync(TestContext.Current.CancellationToken);
        stream.Input.AdvanceTo(kept.Buffer.GetPosition(YamuxOptions.InitialWindow), kept.Buffer.GetPosition(YamuxOptions.InitialWindow));
        await peer.SynchroniseAsync();
        await ConsumeAsync(stream, YamuxOptions.InitialWindow / 2);
        await peer.ExpectAsync(YamuxType.WindowUpdate, YamuxFlags.None, 2, YamuxOptions.InitialWindow / 2);
    }

    [Fact]
    public async Task The_window_grows_for_a_fast_reader_up_to_its_limit()
    {
        var time = new FakeTimeProvider();
        await using var peer = await YamuxPeer.StartAsync(new YamuxOptions { MaxWindow = 3 * YamuxOptions.InitialWindow }, time);
        await MeasureAsync(peer, time);
        var stream = await peer.OpenAsync();

        // Fake time stands still, so half a window always goes within four round trips.
        const uint Window = YamuxOptions.InitialWindow;
        foreach (var (consumed, update) in new[] { (Window / 2, Window / 2 + Window), (Window, Window + Window), (3 * Window / 2, 3 * Window / 2) })
        {
            await peer.SendDataAsync(2, new byte[consumed]);
            await ConsumeAsync(stream, (int)consumed);
            await peer.ExpectAsync(YamuxType.WindowUpdate, YamuxFlags.None, 2, update);
        }
    }

    [Fact]
    public async Task The_window_does_not_grow_for_a_slow_reader()
    {
        var time = new FakeTimeProvider();
        await using var peer = await YamuxPeer.StartAsync(null, time);
        await MeasureAsync(peer, time);
        var stream = await peer.OpenAsync();
        time.Advance(TimeSpan.FromMilliseconds(401));
        await peer.SendDataAsync(2, new byte[YamuxOptions.InitialWindow / 2]);
        await ConsumeAsync(stream, YamuxOptions.InitialWindow / 2);
        await peer.ExpectAsync(YamuxType.WindowUpdate, YamuxFlags.None, 2, YamuxOptions.InitialWindow / 2);
    }

    [Fact]
    public async Task All_windows_together_grow_only_so_far_and_an_ended_stream_gives_back()
    {
        var time = new FakeTimeProvider();
        await using var peer = await YamuxPeer.StartAsync(new YamuxOptions { MaxWindowGrowth = YamuxOptions.InitialWindow + 1 }, time);
        await MeasureAsync(peer, time);
        const uint Half = YamuxOptions.InitialWindow / 2;
        var streams = new Dictionary<long, IMuxedStream>();
        foreach (var (id, growth) in new[] { (8u, 2 * Half), (10u, 1u), (12u, 0u) })
        {
            streams[id] = await peer.OpenAsync(id);
            await peer.SendDataAsync(id, new byte[Half]);
            await ConsumeAsync(streams[id], (int)Half);
            await peer.ExpectAsync(YamuxType.WindowUpdate, YamuxFlags.None, id, Half + growth);
        }

        streams[8].Reset();
        await peer.ExpectAsync(YamuxType.WindowUpdate, YamuxFlags.Rst, 8, 0);
        var next = await peer.OpenAsync(14);
        await peer.SendDataAsync(14, new byte[Half]);
        await ConsumeAsync(next, (int)Half);
        await peer.ExpectAsync(YamuxType.WindowUpdate, YamuxFlags.None, 14, Half + (2 * Half));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public async Task A_peer_may_fill_the_window_and_not_one_byte_more(int excess, bool allowed)
    {
        await using var peer = await YamuxPeer.StartAsync();
        var stream = await peer.OpenAsync();
        await peer.SendDataAsync(2, new byte[YamuxOptions.InitialWindow - 100]);
        await peer.SendAsync(YamuxType.Data, YamuxFlags.None, 2, (uint)(100 + excess));
        if (allowed)
        {
            await peer.SendRawAsync(new byte[100]);
            await ConsumeAsync(stream, YamuxOptions.InitialWindow);
        }
        else
        {
            Assert.Equal(Libp2pErrorCodes.ProtocolViolation, await peer.FaultAsync());
            Assert.Equal(
                [new YamuxHeader(YamuxType.WindowUpdate, YamuxFlags.Rst, 2, 0), new YamuxHeader(YamuxType.GoAway, YamuxFlags.None, 0, 1)],
                await peer.ReadRestAsync());
        }
    }

    [Fact]
    public async Task A_stream_nobody_reads_does_not_hold_up_another()
    {
        await using var peer = await YamuxPeer.StartAsync();
        await peer.OpenAsync(2);
        var other = await peer.OpenAsync(4);
        await peer.SendDataAsync(2, new byte[YamuxOptions.InitialWindow]);
        await peer.SendDataAsync(4, "through"u8.ToArray(), YamuxFlags.Fin);
        Assert.Equal("through", await other.Input.ReadTextToEndAsync());
    }

    [Fact]
    public async Task What_arrives_after_reading_has_stopped_is_dropped()
    {
        await using var peer = await YamuxPeer.StartAsync();
        var stream = await peer.OpenAsync();
        await stream.Input.CompleteAsync();
        await peer.SendDataAsync(2, new byte[YamuxOptions.InitialWindow], YamuxFlags.Fin);
        await stream.Output.WriteAsync("bye"u8.ToArray(), TestContext.Current.CancellationToken);
        await peer.ExpectDataAsync(2, "bye"u8.ToArray());
        await stream.CloseWriteAsync(TestContext.Current.CancellationToken);
        await stream.Completion;
    }

    private static async Task MeasureAsync(YamuxPeer peer, FakeTimeProvider time)
    {
        // The ping at the start took no fake time, so measure another that takes 100 ms.
        time.Advance(TimeSpan.FromSeconds(30));
        var ping = await peer.ReadAsync();
        time.Advance(TimeSpan.FromMilliseconds(100));
        await peer.SendAsync(YamuxType.Ping, YamuxFlags.Ack, 0, ping.Length);
        await peer.SynchroniseAsync();
        Assert.Equal(TimeSpan.FromMilliseconds(100), peer.Session.RoundTripTime);
    }

    private static async Task ConsumeAsync(IMuxedStream stream, int length) => await stream.Input.ReadExactlyAsync(length);

    private static async Task<List<byte>> ReadDataAsync(YamuxPeer peer, int length)
    {
        var bytes = new List<byte>();
        while (bytes.Count < length)
        {
            var header = await peer.ReadAsync();
            Assert.Equal(YamuxType.Data, header.Type);
            bytes.AddRange(await peer.ReadPayloadAsync(header));
        }

        return bytes;
    }
}
