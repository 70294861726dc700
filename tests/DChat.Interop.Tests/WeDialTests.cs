using DChat.Libp2p;
using DChat.Libp2p.Host;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Perf;
using DChat.Libp2p.Protocols.Ping;
using DChat.Libp2p.Swarm;

namespace DChat.Interop.Tests;

/// <summary>We dial js-libp2p.</summary>
public sealed class WeDialTests
{
    [Fact]
    public async Task We_identify_js_and_it_us()
    {
        await using var host = await TestHost.StartAsync();
        await using var js = await JsPeer.StartAsync();
        using var events = host.Subscribe();
        var connection = await host.ConnectAsync(js.Address, TestContext.Current.CancellationToken);
        Assert.Equal(js.Peer, connection.RemotePeer);

        var info = (await events.NextAsync<PeerEvent.Identified>()).Info;
        Assert.StartsWith("js-libp2p/3", info.AgentVersion, StringComparison.Ordinal);
        Assert.Equal([js.Address.WithoutPeer()], info.Record!.Addresses);
        Assert.Contains(PingProtocol.Id, info.Protocols!);
        Assert.Equal(connection.LocalAddress, info.ObservedAddress);
        var identified = await js.CallAsync("identified", new { peer = host.LocalPeer.ToString() });
        Assert.Equal([host.ListenAddresses[0].ToString()], identified["certified"]!.AsArray().Select(a => (string)a!));
    }

    [Fact]
    public async Task We_ping_js_many_times_while_it_monitors_us()
    {
        await using var host = await TestHost.StartAsync();
        await using var js = await JsPeer.StartAsync(("PING_INTERVAL", "50"));
        await host.ConnectAsync(js.Address, TestContext.Current.CancellationToken);
        for (var i = 0; i < 100; i++)
        {
            Assert.True(await host.PingAsync(js.Peer, TestContext.Current.CancellationToken) > TimeSpan.Zero);
        }

        Assert.True(Assert.Single(host.Connections).StreamCount <= 4);
        var seen = await js.CallAsync("connections", new { peer = host.LocalPeer.ToString() });
        Assert.Equal(1, (int)seen["count"]!);
    }

    [Theory]
    [InlineData(1024 * 1024)]
    [InlineData(64 * 1024 * 1024)]
    public async Task We_get_our_bytes_back(int length)
    {
        await using var host = await TestHost.StartAsync();
        await using var js = await JsPeer.StartAsync();
        await host.ConnectAsync(js.Address, TestContext.Current.CancellationToken);
        await TestHost.EchoAsync(host, js.Peer, length);
    }

    [Fact]
    public async Task We_get_our_bytes_back_on_two_hundred_streams_at_once()
    {
        await using var host = await TestHost.StartAsync();
        await using var js = await JsPeer.StartAsync();
        using var events = host.Subscribe();
        await host.ConnectAsync(js.Address, TestContext.Current.CancellationToken);
        await events.NextAsync<PeerEvent.Identified>();
        await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => TestHost.EchoAsync(host, js.Peer, 10_000)));
        Assert.Single(host.Connections);
    }

    [Fact]
    public async Task We_end_our_half_and_read_on()
    {
        await using var host = await TestHost.StartAsync();
        await using var js = await JsPeer.StartAsync();
        await host.ConnectAsync(js.Address, TestContext.Current.CancellationToken);
        await using var stream = await host.NewStreamAsync(js.Peer, [TestHost.Upload], TestContext.Current.CancellationToken);
        await stream.Output.WriteAsync(new byte[300_000], TestContext.Current.CancellationToken);
        await stream.CloseWriteAsync(TestContext.Current.CancellationToken);
        Assert.Equal("300000", await TestHost.ReadTextAsync(stream));
    }

    [Fact]
    public async Task We_reset_a_stream_and_the_connection_lives_on()
    {
        await using var host = await TestHost.StartAsync();
        await using var js = await JsPeer.StartAsync();
        await host.ConnectAsync(js.Address, TestContext.Current.CancellationToken);
        for (var i = 0; i < 10; i++)
        {
            var stream = await host.NewStreamAsync(js.Peer, [TestHost.Hold], TestContext.Current.CancellationToken);
            await stream.Output.WriteAsync(new byte[1000], TestContext.Current.CancellationToken);
            stream.Reset();
        }

        await host.PingAsync(js.Peer, TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(0, 8_000_000)]
    [InlineData(8_000_000, 0)]
    public async Task Perf_runs_against_js(long upload, long download)
    {
        await using var host = await TestHost.StartAsync();
        await using var js = await JsPeer.StartAsync();
        await host.ConnectAsync(js.Address, TestContext.Current.CancellationToken);
        Assert.True(await host.PerfAsync(js.Peer, upload, download, TestContext.Current.CancellationToken) > TimeSpan.Zero);
    }

    [Fact]
    public async Task A_connection_left_idle_for_forty_seconds_still_works()
    {
        await using var host = await TestHost.StartAsync();
        await using var js = await JsPeer.StartAsync();
        var connection = await host.ConnectAsync(js.Address, TestContext.Current.CancellationToken);

        // Past the keep-alive of both sides and four pings of js's monitor; a real peer has a real clock.
        await Task.Delay(TimeSpan.FromSeconds(40), TestContext.Current.CancellationToken);
        await host.PingAsync(js.Peer, TestContext.Current.CancellationToken);
        await js.CallAsync("ping", new { peer = host.LocalPeer.ToString(), count = 1 });
        Assert.False(connection.Closed.IsCompleted);
        Assert.NotNull(connection.RoundTripTime);
    }

    [Fact]
    public async Task A_js_under_another_name_is_refused()
    {
        await using var host = await TestHost.StartAsync();
        await using var js = await JsPeer.StartAsync();
        var wrong = js.Address.WithoutPeer().WithPeer(PrivateKey.Generate().Peer);
        var fault = await Assert.ThrowsAsync<Libp2pException>(() => host.ConnectAsync(wrong, TestContext.Current.CancellationToken));
        Assert.Equal(Libp2pErrorCodes.PeerMismatch, fault.Code);
    }

    [Fact]
    public async Task A_js_that_did_not_sign_its_key_is_refused()
    {
        await using var host = await TestHost.StartAsync();
        await using var js = await JsPeer.StartAsync(("BAD_IDENTITY", "1"));
        var fault = await Assert.ThrowsAsync<Libp2pException>(() => host.ConnectAsync(js.Address, TestContext.Current.CancellationToken));
        Assert.Equal(Libp2pErrorCodes.BadSignature, fault.Code);
    }

    [Fact]
    public async Task A_peer_that_is_killed_is_noticed_and_reached_again_when_it_is_back()
    {
        await using var host = await TestHost.StartAsync();
        using var events = host.Subscribe();
        for (var i = 0; i < 2; i++)
        {
            await using var js = await JsPeer.StartAsync();
            await host.ConnectAsync(js.Address, TestContext.Current.CancellationToken);
            await TestHost.EchoAsync(host, js.Peer, 1000);
            await js.KillAsync();
            var closed = await events.NextAsync<PeerEvent.ConnectionClosed>();
            Assert.Equal((js.Peer, CloseReason.Remote), (closed.Connection.RemotePeer, closed.Reason));
            var fault = await Assert.ThrowsAsync<Libp2pException>(() => host.ConnectAsync(js.Address, TestContext.Current.CancellationToken));
            Assert.True(fault.IsTransient);
        }
    }

    [Fact]
    public async Task Js_that_hangs_up_is_noticed()
    {
        await using var host = await TestHost.StartAsync();
        await using var js = await JsPeer.StartAsync();
        using var events = host.Subscribe();
        await host.ConnectAsync(js.Address, TestContext.Current.CancellationToken);
        await js.CallAsync("hangUp", new { peer = host.LocalPeer.ToString() });
        Assert.Equal(CloseReason.Remote, (await events.NextAsync<PeerEvent.ConnectionClosed>()).Reason);
    }
}
