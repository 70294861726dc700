using DChat.Interop.Tests.Gossip;
using DChat.Interop.Tests.Js;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Protocols.Ping;

namespace DChat.Interop.Tests;

/// <summary>Our WebSocket transport and <c>@libp2p/websockets</c>.</summary>
public sealed class WebSocketInteropTests
{
    private const string Anywhere = "/ip4/127.0.0.1/tcp/0/ws";

    [Theory]
    [InlineData(Side.CSharp)]
    [InlineData(Side.Js)]
    public async Task Each_side_identifies_pings_and_exchanges_with_the_other_and_says_goodbye(Side dialer)
    {
        const long Bytes = 3_000_000;
        await using var pair = await Pair.ConnectAsync(dialer, new JsPeerSettings { Listen = [Anywhere] }, Listen);
        Assert.EndsWith("/ws", pair.Connection.RemoteAddress.ToString(), StringComparison.Ordinal);

        Assert.True(await pair.Host.PingAsync(pair.Js.Id, TestContext.Current.CancellationToken) > TimeSpan.Zero);
        Assert.True((int)(await pair.Js.DoAsync("ping", ("peer", pair.Host.LocalPeer.ToString())))! >= 0);
        (await pair.ExchangeAsync(Side.CSharp, Bytes)).AssertComplete(Bytes);
        (await pair.ExchangeAsync(Side.Js, Bytes)).AssertComplete(Bytes);
        Assert.Single(pair.Js.Events("connection-open"));
        Assert.Empty(pair.Js.Events("connection-close"));

        await pair.Host.DisconnectAsync(pair.Js.Id);
        await pair.Js.EventAsync("connection-close");
    }

    [Theory]
    [InlineData(Side.CSharp)]
    [InlineData(Side.Js)]
    public async Task Gossip_goes_both_ways(Side dialer)
    {
        await using var ours = await GossipHost.StartAsync(configureHost: Listen);
        await using var js = await JsPeer.StartAsync(new JsPeerSettings { Listen = [Anywhere], Gossip = new JsGossipSettings() });
        ours.Subscribe();
        await js.SubscribeAsync();
        await (dialer == Side.CSharp ? ours.ConnectAsync(js) : js.DialAsync(ours.Address));
        await js.MeshedAsync(ours);

        ours.Publish("from ours");
        await js.AcceptedAsync("from ours");
        await js.PublishAsync("from js");
        await ours.UntilAsync(o => o.Texts.Contains("from js"), "a message of js");
    }

    private static void Listen(Libp2pOptions options)
    {
        options.ListenAddresses.Clear();
        options.ListenAddresses.Add(Multiaddr.Parse(Anywhere));
    }
}
