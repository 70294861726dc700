using DChat.Libp2p.Yamux;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Libp2p.Tests.Yamux;

public sealed class YamuxLimitTests
{
    [Theory]
    [InlineData(true, 1u)]
    [InlineData(false, 2u)]
    public async Task A_stream_id_of_this_sides_parity_ends_the_session(bool isInitiator, uint id)
    {
        await using var peer = await YamuxPeer.StartAsync(isInitiator: isInitiator);
        await peer.SendAsync(YamuxType.WindowUpdate, YamuxFlags.Syn, id, 0);
        Assert.Equal(Libp2pErrorCodes.ProtocolViolation, await peer.FaultAsync());
        Assert.Equal([new YamuxHeader(YamuxType.GoAway, YamuxFlags.None, 0, 1)], await peer.ReadRestAsync());
    }

    [Fact]
    public async Task Opening_a_stream_twice_ends_the_session()
    {
        await using var peer = await YamuxPeer.StartAsync();
        await peer.OpenAsync();
        await peer.SendAsync(YamuxType.WindowUpdate, YamuxFlags.Syn, 2, 0);
        Assert.Equal(Libp2pErrorCodes.ProtocolViolation, await peer.FaultAsync());
    }

    [Fact]
    public async Task A_stream_beyond_the_inbound_limit_is_reset()
    {
        await using var peer = await YamuxPeer.StartAsync(new YamuxOptions { MaxInboundStreams = 2 });
        var first = await peer.OpenAsync(2);
        await peer.OpenAsync(4);
        await peer.SendAsync(YamuxType.WindowUpdate, YamuxFlags.Syn, 6, 0);
        await peer.ExpectAsync(YamuxType.WindowUpdate, YamuxFlags.Rst, 6, 0x1002);

        first.Reset();
        await peer.ExpectAsync(YamuxType.WindowUpdate, YamuxFlags.Rst, 2, 0);
        await peer.OpenAsync(8);
    }

    [Fact]
    public async Task A_stream_beyond_the_accept_backlog_is_reset()
    {
        await using var peer = await YamuxPeer.StartAsync(new YamuxOptions { AcceptBacklog = 2 });
        foreach (var id in new uint[] { 2, 4, 6 })
        {
            await peer.SendAsync(YamuxType.WindowUpdate, YamuxFlags.Syn, id, 0);
        }

        await peer.ExpectAsync(YamuxType.WindowUpdate, YamuxFlags.Rst, 6, 0x1002);
        Assert.Equal(2u, (await peer.Session.AcceptStreamAsync(TestContext.Current.CancellationToken))!.Id);
        await peer.ExpectAsync(YamuxType.WindowUpdate, YamuxFlags.Ack, 2, 0);
        await peer.OpenFurtherAsync(8);
    }

    [Fact]
    public async Task Opening_beyond_the_outbound_limit_fails()
    {
        await using var peer = await YamuxPeer.StartAsync(new YamuxOptions { MaxOutboundStreams = 1 });
        var stream = await peer.Session.OpenStreamAsync(TestContext.Current.CancellationToken);
        var fault = await Assert.ThrowsAsync<Libp2pException>(async () => await peer.Session.OpenStreamAsync(TestContext.Current.CancellationToken));
        Assert.Equal(Libp2pErrorCodes.LimitReached, fault.Code);
        stream.Reset();
        await peer.Session.OpenStreamAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Opening_waits_while_the_peer_has_a_full_backlog_to_accept()
    {
        await using var peer = await YamuxPeer.StartAsync(new YamuxOptions { AcceptBacklog = 2 });
        await peer.Session.OpenStreamAsync(TestContext.Current.CancellationToken);
        await peer.Session.OpenStreamAsync(TestContext.Current.CancellationToken);
        var third = peer.Session.OpenStreamAsync(TestContext.Current.CancellationToken).AsTask();
        Assert.False(third.IsCompleted);

        await peer.SendAsync(YamuxType.WindowUpdate, YamuxFlags.Ack, 1, 0);
        Assert.Equal(5u, (await third).Id);
        var fourth = peer.Session.OpenStreamAsync(TestContext.Current.CancellationToken).AsTask();
        await peer.SendAsync(YamuxType.WindowUpdate, YamuxFlags.Rst, 3, 0);
        Assert.Equal(7u, (await fourth).Id);
    }

    [Fact]
    public async Task Those_who_wait_to_open_learn_that_the_session_has_ended()
    {
        var peer = await YamuxPeer.StartAsync(new YamuxOptions { AcceptBacklog = 1 });
        await peer.Session.OpenStreamAsync(TestContext.Current.CancellationToken);
        var waiting = Enumerable.Range(0, 3).Select(_ => peer.Session.OpenStreamAsync(TestContext.Current.CancellationToken).AsTask()).ToArray();
        await peer.DisposeAsync();
        foreach (var open in waiting)
        {
            var fault = await Assert.ThrowsAsync<Libp2pException>(() => open);
            Assert.Equal(Libp2pErrorCodes.ConnectionClosed, fault.Code);
        }
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public async Task A_frame_for_no_stream_is_passed_over_up_to_the_largest_window(uint excess, bool allowed)
    {
        var options = new YamuxOptions { MaxWindow = YamuxOptions.InitialWindow };
        await using var peer = await YamuxPeer.StartAsync(options);
        await peer.SendAsync(YamuxType.Data, YamuxFlags.None, 2, (uint)options.MaxWindow + excess);
        if (allowed)
        {
            await peer.SendRawAsync(new byte[options.MaxWindow]);
            await peer.SynchroniseAsync();
        }
        else
        {
            Assert.Equal(Libp2pErrorCodes.ProtocolViolation, await peer.FaultAsync());
        }
    }

    [Fact]
    public async Task A_peer_that_floods_pings_and_reads_no_answers_is_cut_off()
    {
        await using var peer = await YamuxPeer.StartAsync();
        var pings = new byte[YamuxHeader.Size * 1000];
        for (var i = 0; i < 1000; i++)
        {
            new YamuxHeader(YamuxType.Ping, YamuxFlags.Syn, 0, (uint)i).Write(pings.AsSpan(i * YamuxHeader.Size));
        }

        // What the transport buffers comes on top of what the session holds.
        var flood = Task.Run(async () =>
        {
            while (!peer.Session.Completion.IsCompleted)
            {
                await peer.SendRawAsync(pings);
            }
        }, TestContext.Current.CancellationToken);
        Assert.Equal(Libp2pErrorCodes.LimitReached, await peer.FaultAsync());

        // Its last write may or may not have found the connection closed.
        await Record.ExceptionAsync(() => flood);
    }

    [Fact]
    public async Task A_peer_that_never_ends_its_half_of_a_done_stream_has_it_reset()
    {
        var time = new FakeTimeProvider();
        var options = new YamuxOptions { KeepAliveInterval = TimeSpan.FromHours(1) };
        await using var peer = await YamuxPeer.StartAsync(options, time);
        var stream = await peer.OpenAsync();
        await stream.CloseAsync();
        await peer.ExpectAsync(YamuxType.WindowUpdate, YamuxFlags.Fin, 2, 0);
        time.Advance(options.StreamCloseTimeout - TimeSpan.FromMilliseconds(1));
        Assert.False(stream.Completion.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(1));
        await peer.ExpectAsync(YamuxType.WindowUpdate, YamuxFlags.Rst, 2, 0);
        await stream.Completion;
        Assert.Equal(0, peer.Session.StreamCount);
    }

    [Fact]
    public async Task A_stream_that_is_only_written_to_is_not_timed_out()
    {
        var time = new FakeTimeProvider();
        var options = new YamuxOptions { KeepAliveInterval = TimeSpan.FromHours(1) };
        await using var peer = await YamuxPeer.StartAsync(options, time);
        var stream = await peer.OpenAsync();
        await stream.Input.CompleteAsync();
        time.Advance(options.StreamCloseTimeout * 2);
        await stream.Output.WriteAsync("x"u8.ToArray(), TestContext.Current.CancellationToken);
        await peer.ExpectDataAsync(2, "x"u8.ToArray());
    }

    [Fact]
    public void Options_out_of_range_are_named()
    {
        Assert.Empty(new YamuxOptions().Validate());
        var bad = new YamuxOptions
        {
            MaxInboundStreams = 0,
            MaxOutboundStreams = 0,
            AcceptBacklog = 0,
            MaxWindow = YamuxOptions.InitialWindow - 1,
            MaxWindowGrowth = -1,
            KeepAliveInterval = TimeSpan.Zero,
        };
        Assert.Equal(6, bad.Validate().Count());
    }
}
