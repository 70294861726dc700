using DChat.Libp2p.Host;

namespace DChat.Interop.Tests;

/// <summary>js-libp2p dials us.</summary>
public sealed class JsDialsTests
{
    [Fact]
    public async Task Js_identifies_us_with_a_certified_record()
    {
        await using var host = await TestHost.StartAsync();
        await using var js = await JsPeer.StartAsync();
        using var events = host.Subscribe();
        var dialed = await js.CallAsync("dial", new { address = host.Address().ToString() });
        Assert.Equal(host.LocalPeer.ToString(), (string)dialed["peer"]!);
        Assert.Equal("/yamux/1.0.0", (string)dialed["muxer"]!);

        var identified = await js.CallAsync("identified", new { peer = host.LocalPeer.ToString() });
        Assert.Equal("dchat-libp2p/0.1.0", (string)identified["agent"]!);
        Assert.Equal([host.ListenAddresses[0].ToString()], identified["certified"]!.AsArray().Select(a => (string)a!));
        Assert.Equal(host.Protocols, identified["protocols"]!.AsArray().Select(p => (string)p!));

        // And we it, on the connection it opened.
        var info = (await events.NextAsync<PeerEvent.Identified>()).Info;
        Assert.Equal(js.Peer, info.Peer);
        Assert.Equal([js.Address.WithoutPeer()], info.Record!.Addresses);
    }

    [Fact]
    public async Task Js_learns_of_a_new_protocol_by_push()
    {
        await using var host = await TestHost.StartAsync();
        await using var js = await JsPeer.StartAsync();
        using var events = host.Subscribe();
        await js.CallAsync("dial", new { address = host.Address().ToString() });
        await js.CallAsync("identified", new { peer = host.LocalPeer.ToString() });
        await events.NextAsync<PeerEvent.Identified>();
        host.SetStreamHandler("/test/new/1.0.0", (_, _) => Task.CompletedTask);

        // The push stream ends on js's side once it has taken it in; asking is the only way to see it from here.
        string[] protocols;
        do
        {
            var known = await js.CallAsync("protocols", new { peer = host.LocalPeer.ToString() });
            protocols = [.. known["protocols"]!.AsArray().Select(p => (string)p!)];
        }
        while (!protocols.Contains("/test/new/1.0.0"));
    }

    [Fact]
    public async Task Js_pings_us_many_times()
    {
        await using var host = await TestHost.StartAsync();
        await using var js = await JsPeer.StartAsync();
        await js.CallAsync("dial", new { address = host.Address().ToString() });
        await js.CallAsync("ping", new { peer = host.LocalPeer.ToString(), count = 50 });
        Assert.Single(host.Connections);
    }

    [Theory]
    [InlineData(1024 * 1024, 1)]
    [InlineData(64 * 1024 * 1024, 1)]
    [InlineData(10_000, 200)]
    public async Task Js_gets_its_bytes_back(int length, int streams)
    {
        await using var host = await TestHost.StartAsync();
        await using var js = await JsPeer.StartAsync();
        await js.CallAsync("dial", new { address = host.Address().ToString() });
        await js.CallAsync("echo", new { peer = host.LocalPeer.ToString(), length, streams });
    }

    [Fact]
    public async Task Js_ends_its_half_and_reads_on()
    {
        await using var host = await TestHost.StartAsync();
        await using var js = await JsPeer.StartAsync();
        await js.CallAsync("dial", new { address = host.Address().ToString() });
        var reply = await js.CallAsync("halfClose", new { peer = host.LocalPeer.ToString() });
        Assert.Equal("100000", (string)reply["answer"]!);
    }

    [Fact]
    public async Task A_reset_is_seen_across()
    {
        await using var host = await TestHost.StartAsync();
        var reset = new TaskCompletionSource<string>();
        host.SetStreamHandler(TestHost.Hold, async (stream, token) =>
        {
            try
            {
                while (true)
                {
                    var result = await stream.Input.ReadAsync(token);
                    stream.Input.AdvanceTo(result.Buffer.End);
                }
            }
            catch (Libp2p.Libp2pException e)
            {
                reset.SetResult(e.Code);
                throw;
            }
        });
        await using var js = await JsPeer.StartAsync();
        await js.CallAsync("dial", new { address = host.Address().ToString() });
        await js.CallAsync("reset", new { peer = host.LocalPeer.ToString() });
        Assert.Equal(Libp2p.Libp2pErrorCodes.StreamReset, await reset.Task.WaitAsync(TestHost.Patience, TestContext.Current.CancellationToken));

        // And the other way: js sees that our handler gave up.
        var seen = await js.TryCallAsync("sawReset", new { peer = host.LocalPeer.ToString() });
        Assert.True((bool?)seen["reset"] ?? ((string)seen["error"]!).Contains("Reset", StringComparison.Ordinal), seen.ToJsonString());
        Assert.Single(host.Connections);
    }

    [Fact]
    public async Task Js_refuses_us_under_another_name()
    {
        await using var host = await TestHost.StartAsync();
        await using var js = await JsPeer.StartAsync();
        var reply = await js.TryCallAsync("dial", new { address = host.ListenAddresses[0].WithPeer(Libp2p.Identity.PrivateKey.Generate().Peer).ToString() });
        Assert.False((bool)reply["ok"]!);
        Assert.Empty(host.Connections);
    }

    [Fact]
    public async Task We_refuse_a_js_that_did_not_sign_its_key()
    {
        await using var host = await TestHost.StartAsync();
        await using var js = await JsPeer.StartAsync(("BAD_IDENTITY", "1"));
        using var events = host.Subscribe();
        _ = js.TryCallAsync("dial", new { address = host.Address().ToString() });
        Assert.Equal(Libp2p.Libp2pErrorCodes.BadSignature, (await events.NextAsync<PeerEvent.InboundRefused>()).Reason);
        Assert.Empty(host.Connections);
    }
}
