using DChat.Libp2p.Yamux;

namespace DChat.Libp2p.Tests.Yamux;

/// <summary>What the session puts on the wire, and how it takes frames that are unusual but right.</summary>
public sealed class YamuxFrameTests
{
    [Fact]
    public void A_header_is_twelve_big_endian_bytes()
    {
        var bytes = new byte[YamuxHeader.Size];
        new YamuxHeader(YamuxType.WindowUpdate, YamuxFlags.Syn | YamuxFlags.Rst, 0x01020304, 0x0a0b0c0d).Write(bytes);
        Assert.Equal("00010009010203040a0b0c0d", Convert.ToHexStringLower(bytes));
    }

    [Theory]
    [InlineData("010000000000000100000000")]
    [InlineData("000400000000000000000000")]
    [InlineData("000000000000000000000000")]
    [InlineData("000100000000000000000000")]
    [InlineData("000200010000000100000000")]
    [InlineData("000300000000000100000000")]
    public async Task A_malformed_header_ends_the_session(string hex)
    {
        await using var peer = await YamuxPeer.StartAsync();
        await peer.SendRawAsync(Convert.FromHexString(hex));

        Assert.Equal(Libp2pErrorCodes.ProtocolViolation, await peer.FaultAsync());
        Assert.Equal([new YamuxHeader(YamuxType.GoAway, YamuxFlags.None, 0, 1)], await peer.ReadRestAsync());
    }

    [Fact]
    public async Task Streams_open_with_odd_ids_for_the_dialer_and_even_for_the_listener()
    {
        await using var dialer = await YamuxPeer.StartAsync(isInitiator: true);
        await using var listener = await YamuxPeer.StartAsync(isInitiator: false);
        foreach (var (peer, ids) in new[] { (dialer, new uint[] { 1, 3 }), (listener, [2, 4]) })
        {
            foreach (var id in ids)
            {
                await peer.Session.OpenStreamAsync(TestContext.Current.CancellationToken);
                await peer.ExpectAsync(YamuxType.WindowUpdate, YamuxFlags.Syn, id, 0);
            }
        }
    }

    [Fact]
    public async Task The_end_of_writing_waits_for_what_it_is_told_to_and_data_does_not()
    {
        await using var peer = await YamuxPeer.StartAsync();
        var stream = await peer.OpenAsync();
        var agreed = new TaskCompletionSource();
        stream.EndAfter = agreed.Task;
        await stream.Output.WriteAsync("hello"u8.ToArray(), TestContext.Current.CancellationToken);
        var close = stream.CloseWriteAsync(TestContext.Current.CancellationToken).AsTask();
        await peer.ExpectDataAsync(2, "hello"u8.ToArray());
        await peer.SynchroniseAsync();
        Assert.False(close.IsCompleted);

        agreed.SetResult();
        await close;
        await peer.ExpectAsync(YamuxType.WindowUpdate, YamuxFlags.Fin, 2, 0);
    }

    [Fact]
    public async Task The_end_of_writing_is_a_frame_of_its_own()
    {
        await using var peer = await YamuxPeer.StartAsync();
        var stream = await peer.Session.OpenStreamAsync(TestContext.Current.CancellationToken);
        await peer.ExpectAsync(YamuxType.WindowUpdate, YamuxFlags.Syn, 1, 0);
        "hello"u8.CopyTo(stream.Output.GetSpan(5));
        stream.Output.Advance(5);
        await stream.CloseWriteAsync(TestContext.Current.CancellationToken);

        await peer.ExpectDataAsync(1, "hello"u8.ToArray());
        await peer.ExpectAsync(YamuxType.WindowUpdate, YamuxFlags.Fin, 1, 0);
    }

    [Fact]
    public async Task A_payload_that_comes_with_the_end_is_read_before_the_end()
    {
        await using var peer = await YamuxPeer.StartAsync();
        await peer.SendDataAsync(2, "hello"u8.ToArray(), YamuxFlags.Syn | YamuxFlags.Fin);
        var stream = await peer.Session.AcceptStreamAsync(TestContext.Current.CancellationToken);

        Assert.Equal("hello", await stream!.Input.ReadTextToEndAsync());
    }

    [Fact]
    public async Task Reading_goes_on_after_this_side_has_ended_and_writing_after_the_peer_has()
    {
        await using var peer = await YamuxPeer.StartAsync();
        var stream = await peer.OpenAsync();
        await stream.CloseWriteAsync(TestContext.Current.CancellationToken);
        await peer.ExpectAsync(YamuxType.WindowUpdate, YamuxFlags.Fin, 2, 0);
        await peer.SendDataAsync(2, "still"u8.ToArray());
        await peer.SendAsync(YamuxType.WindowUpdate, YamuxFlags.Fin, 2, 0);
        Assert.Equal("still", await stream.Input.ReadTextToEndAsync());

        var other = await peer.OpenAsync(4);
        await peer.SendAsync(YamuxType.WindowUpdate, YamuxFlags.Fin, 4, 0);
        Assert.Equal("", await other.Input.ReadTextToEndAsync());
        await other.Output.WriteAsync("more"u8.ToArray(), TestContext.Current.CancellationToken);
        await peer.ExpectDataAsync(4, "more"u8.ToArray());
    }

    [Fact]
    public async Task Frames_for_streams_that_have_ended_or_never_were_are_passed_over()
    {
        await using var peer = await YamuxPeer.StartAsync();
        var stream = await peer.OpenAsync();
        await stream.CloseWriteAsync(TestContext.Current.CancellationToken);
        await peer.ExpectAsync(YamuxType.WindowUpdate, YamuxFlags.Fin, 2, 0);
        await peer.SendAsync(YamuxType.WindowUpdate, YamuxFlags.Fin, 2, 0);
        await stream.Completion;

        await peer.SendAsync(YamuxType.WindowUpdate, YamuxFlags.None, 2, 1000);
        await peer.SendDataAsync(2, new byte[100]);
        await peer.SendAsync(YamuxType.WindowUpdate, YamuxFlags.Fin, 2, 0);
        await peer.SendAsync(YamuxType.WindowUpdate, YamuxFlags.Rst, 2, 7);
        await peer.SendDataAsync(99, new byte[100]);
        await peer.SynchroniseAsync();
    }

    [Fact]
    public async Task A_reset_ends_both_halves_and_its_length_is_not_window()
    {
        await using var peer = await YamuxPeer.StartAsync();
        var stream = await peer.OpenAsync();
        await peer.SendAsync(YamuxType.WindowUpdate, YamuxFlags.Rst, 2, 1000);

        var fault = await Assert.ThrowsAsync<Libp2pException>(async () => await stream.Input.ReadAsync(TestContext.Current.CancellationToken));
        Assert.Equal(Libp2pErrorCodes.StreamReset, fault.Code);
        fault = await Assert.ThrowsAsync<Libp2pException>(async () => await stream.Output.WriteAsync(new byte[1], TestContext.Current.CancellationToken));
        Assert.Equal(Libp2pErrorCodes.StreamReset, fault.Code);
        Assert.Equal(0, peer.Session.StreamCount);
    }

    [Fact]
    public async Task Resetting_tells_the_peer_once()
    {
        await using var peer = await YamuxPeer.StartAsync();
        var stream = await peer.OpenAsync();
        stream.Reset();
        stream.Reset();
        await stream.CloseAsync();
        await peer.ExpectAsync(YamuxType.WindowUpdate, YamuxFlags.Rst, 2, 0);
        await peer.SynchroniseAsync();
    }

    [Fact]
    public async Task Small_writes_within_one_flush_are_one_frame()
    {
        await using var peer = await YamuxPeer.StartAsync();
        var stream = await peer.OpenAsync();
        for (var i = 0; i < 3; i++)
        {
            stream.Output.GetSpan(1)[0] = (byte)i;
            stream.Output.Advance(1);
        }

        await stream.Output.WriteAsync(new byte[] { 3 }, TestContext.Current.CancellationToken);
        await peer.ExpectDataAsync(2, [0, 1, 2, 3]);
    }

    [Fact]
    public async Task A_session_says_goodbye_and_refuses_new_streams()
    {
        await using var peer = await YamuxPeer.StartAsync();
        var stream = await peer.OpenAsync();
        await peer.Session.CloseAsync();

        Assert.Equal([new YamuxHeader(YamuxType.GoAway, YamuxFlags.None, 0, 0)], await peer.ReadRestAsync());
        Assert.Equal(Libp2pErrorCodes.ConnectionClosed, await peer.FaultAsync());
        await Assert.ThrowsAsync<Libp2pException>(async () => await stream.Input.ReadAsync(TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<Libp2pException>(async () => await peer.Session.OpenStreamAsync(TestContext.Current.CancellationToken));
        Assert.Null(await peer.Session.AcceptStreamAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task After_the_peers_goodbye_open_streams_finish_and_then_the_session_ends()
    {
        await using var peer = await YamuxPeer.StartAsync();
        var stream = await peer.OpenAsync();
        await peer.SendAsync(YamuxType.GoAway, YamuxFlags.None, 0, 0);
        await peer.SendDataAsync(2, "last"u8.ToArray(), YamuxFlags.Fin);
        Assert.Equal("last", await stream.Input.ReadTextToEndAsync());
        await Assert.ThrowsAsync<Libp2pException>(async () => await peer.Session.OpenStreamAsync(TestContext.Current.CancellationToken));

        await stream.CloseAsync();
        Assert.Equal(Libp2pErrorCodes.ConnectionClosed, await peer.FaultAsync());
    }

    [Theory]
    [InlineData(0u, Libp2pErrorCodes.StreamReset)]
    [InlineData(0x1002u, Libp2pErrorCodes.LimitReached)]
    [InlineData(0x1003u, Libp2pErrorCodes.LimitReached)]
    [InlineData(0x1234u, Libp2pErrorCodes.StreamReset)]
    public async Task A_reset_says_why(uint length, string code)
    {
        await using var peer = await YamuxPeer.StartAsync();
        var stream = await peer.OpenAsync();
        await peer.SendAsync(YamuxType.WindowUpdate, YamuxFlags.Rst, 2, length);
        var fault = await Assert.ThrowsAsync<Libp2pException>(async () => await stream.Input.ReadAsync(TestContext.Current.CancellationToken));
        Assert.Equal((code, true), (fault.Code, fault.IsTransient));
    }

    [Theory]
    [InlineData(Libp2pErrorCodes.LimitReached, 0x1002u)]
    [InlineData(Libp2pErrorCodes.NotSupported, 0x1001u)]
    [InlineData(Libp2pErrorCodes.ProtocolViolation, 0x1004u)]
    [InlineData(Libp2pErrorCodes.StreamReset, 0u)]
    public async Task The_peer_is_told_why_a_stream_is_reset(string code, uint length)
    {
        await using var peer = await YamuxPeer.StartAsync();
        var stream = await peer.OpenAsync();
        stream.Reset(new Libp2pException(code, "So."));
        await peer.ExpectAsync(YamuxType.WindowUpdate, YamuxFlags.Rst, 2, length);
    }
}
