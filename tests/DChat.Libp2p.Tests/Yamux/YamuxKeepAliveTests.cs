using DChat.Libp2p.Addresses;
using DChat.Libp2p.Tests.Links;
using DChat.Libp2p.Yamux;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Libp2p.Tests.Yamux;

/// <summary>When a session gives its peer up, and when not.</summary>
public sealed class YamuxKeepAliveTests
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);

    [Fact]
    public async Task Two_uploads_of_5_MB_at_1_Mbit_per_second_survive()
    {
        var time = new FakeTimeProvider();
        var link = new SlowLink(new LinkShape(BytesPerSecond: 1_000_000 / 8, Delay: TimeSpan.FromMilliseconds(50)), time);
        var (dialer, listener) = CreatePair(link, time);
        var uploads = Enumerable.Range(0, 2).Select(_ => UploadAsync(dialer, 5_000_000)).ToArray();
        var sinks = Task.WhenAll(SinkAsync(listener), SinkAsync(listener));

        var took = await link.RunAsync(() => sinks.IsCompleted || dialer.Completion.IsCompleted, TimeSpan.FromMinutes(3));

        Assert.False(dialer.Completion.IsCompleted, $"Cut after {took}.");
        await Task.WhenAll(uploads);
        Assert.All(await sinks, received => Assert.Equal(5_000_000, received));

        // 84 s by the link's rate, and more when the machine is busy: longer than an interval and a timeout together, in which
        // no ping would come through behind the data.
        Assert.True(took >= TimeSpan.FromSeconds(80), $"Took {took}.");
    }

    [Fact]
    public async Task An_upload_survives_a_link_that_stalls()
    {
        var time = new FakeTimeProvider();
        var shape = new LinkShape(250_000, TimeSpan.FromMilliseconds(150), StallsPerSecond: 0.2, Stall: TimeSpan.FromSeconds(3), Seed: 7);
        var link = new SlowLink(shape, time);
        var (dialer, listener) = CreatePair(link, time);
        var upload = UploadAsync(dialer, 5_000_000);
        var sink = SinkAsync(listener);

        await link.RunAsync(() => sink.IsCompleted || dialer.Completion.IsCompleted, TimeSpan.FromMinutes(5));

        Assert.False(dialer.Completion.IsCompleted);
        await upload;
        Assert.Equal(5_000_000, await sink);
    }

    [Fact]
    public async Task A_peer_whose_cable_is_pulled_is_found_out_within_interval_and_timeout()
    {
        var (time, options) = (new FakeTimeProvider(), new YamuxOptions());
        var link = new SlowLink(new LinkShape(BytesPerSecond: 1_000_000), time);
        var (dialer, listener) = CreatePair(link, time);
        await link.RunAsync(() => dialer.RoundTripTime is not null && listener.RoundTripTime is not null, options.KeepAliveInterval);
        link.Silence();

        var took = await link.RunAsync(() => !dialer.CanOpen && !listener.CanOpen, options.KeepAliveInterval + options.KeepAliveTimeout);

        Assert.True(took > options.KeepAliveTimeout);
        Assert.Equal(Libp2pErrorCodes.TimedOut, Assert.IsType<Libp2pException>(await dialer.Completion).Code);
    }

    [Fact]
    public async Task A_ping_and_the_answer_to_one_pass_the_data_that_waits()
    {
        var time = new FakeTimeProvider();
        var gate = new YamuxPeer.WriteGate(2);
        await using var peer = await YamuxPeer.StartAsync(time: time, gate: gate);

        // The first frame is under way, and data waits behind it.
        var stream = await peer.Session.OpenStreamAsync(TestContext.Current.CancellationToken);
        await UntilAsync(() => gate.IsHolding);
        await stream.Output.WriteAsync("data"u8.ToArray(), TestContext.Current.CancellationToken);
        time.Advance(new YamuxOptions().KeepAliveInterval);
        time.Advance(Moment);
        await peer.SendAsync(YamuxType.Ping, YamuxFlags.Syn, 0, 77);
        await peer.SendAsync(YamuxType.Ping, YamuxFlags.Ack, 0, 2);
        await UntilAsync(() => peer.Session.RoundTripTime == Moment);

        gate.Open();
        await peer.ExpectAsync(YamuxType.WindowUpdate, YamuxFlags.Syn, 1, 0);
        await peer.ExpectAsync(YamuxType.Ping, YamuxFlags.Syn, 0, 2);
        await peer.ExpectAsync(YamuxType.Ping, YamuxFlags.Ack, 0, 77);
        await peer.ExpectDataAsync(1, "data"u8.ToArray());
    }

    [Fact]
    public async Task An_unanswered_ping_ends_the_session_at_its_timeout_and_not_before()
    {
        var (time, options) = (new FakeTimeProvider(), new YamuxOptions());
        await using var peer = await YamuxPeer.StartAsync(options, time);

        time.Advance(options.KeepAliveInterval);
        Assert.Equal(YamuxType.Ping, (await peer.ReadAsync()).Type);
        time.Advance(options.KeepAliveTimeout - Moment);
        Assert.False(peer.Session.Completion.IsCompleted);
        time.Advance(Moment);
        Assert.Equal(Libp2pErrorCodes.TimedOut, await peer.FaultAsync());
    }

    [Fact]
    public async Task A_session_whose_pings_are_answered_lives_on()
    {
        var (time, options) = (new FakeTimeProvider(), new YamuxOptions());
        await using var peer = await YamuxPeer.StartAsync(options, time);
        for (var i = 0; i < 5; i++)
        {
            await peer.SynchroniseAsync();
            time.Advance(options.KeepAliveInterval);
            var ping = await peer.ReadAsync();
            await peer.SendAsync(YamuxType.Ping, YamuxFlags.Ack, 0, ping.Length);
        }

        // Answers nobody asked for are harmless.
        await peer.SendAsync(YamuxType.Ping, YamuxFlags.Ack, 0, 12345);
        Assert.False(peer.Session.Completion.IsCompleted);
    }

    [Fact]
    public async Task A_peer_that_sends_and_never_answers_pings_lives_until_it_falls_silent()
    {
        var (time, options) = (new FakeTimeProvider(), new YamuxOptions());
        await using var peer = await YamuxPeer.StartAsync(options, time);
        time.Advance(options.KeepAliveInterval);
        Assert.Equal(YamuxType.Ping, (await peer.ReadAsync()).Type);
        for (var i = 0; i < 10; i++)
        {
            // A frame for a stream that is no more: of no use to anyone.
            time.Advance(options.KeepAliveTimeout - Moment);
            await peer.SendDataAsync(2, [1]);
            await peer.SynchroniseAsync();
        }

        time.Advance(options.KeepAliveTimeout - Moment);
        Assert.False(peer.Session.Completion.IsCompleted);
        time.Advance(Moment);
        Assert.Equal(Libp2pErrorCodes.TimedOut, await peer.FaultAsync());
    }

    private static async Task UntilAsync(Func<bool> reached)
    {
        while (!reached())
        {
            await Task.Yield();
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        }
    }

    private static (YamuxSession Dialer, YamuxSession Listener) CreatePair(SlowLink link, FakeTimeProvider time)
    {
        var (near, far) = link.CreatePair(Multiaddr.Parse("/memory/near"), Multiaddr.Parse("/memory/far"));
        var dialer = new YamuxSession(near, near, isInitiator: true, new YamuxOptions(), time);
        var listener = new YamuxSession(far, far, isInitiator: false, new YamuxOptions(), time);
        dialer.Start();
        listener.Start();
        return (dialer, listener);
    }

    private static async Task UploadAsync(YamuxSession session, int length)
    {
        var stream = await session.OpenStreamAsync(TestContext.Current.CancellationToken);
        await stream.Output.WriteAsync(new byte[length], TestContext.Current.CancellationToken);
        await stream.CloseWriteAsync(TestContext.Current.CancellationToken);
    }

    private static async Task<int> SinkAsync(YamuxSession session)
    {
        var stream = await session.AcceptStreamAsync(TestContext.Current.CancellationToken);
        for (var received = 0; ;)
        {
            var result = await stream!.Input.ReadAsync(TestContext.Current.CancellationToken);
            received += (int)result.Buffer.Length;
            stream.Input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                return received;
            }
        }
    }
}
