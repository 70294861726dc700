using DChat.Interop.Tests.Js;
using DChat.Libp2p.Protocols.Ping;

namespace DChat.Interop.Tests;

public sealed class PingInteropTests
{
    private const int Rounds = 10;

    // Js ends the connection itself when a ping is still under way as the next is due: not so often that a busy machine gets there.
    private const int MonitorMs = 2000;
    private const int MonitorRounds = 4;

    [Theory]
    [InlineData(Side.CSharp)]
    [InlineData(Side.Js)]
    public async Task The_connection_monitor_of_js_pings_again_and_again_and_the_connection_stays(Side dialer)
    {
        await using var pair = await Pair.ConnectAsync(dialer, new JsPeerSettings { MonitorMs = MonitorMs });
        var connection = pair.Connection;

        await pair.Js.EventAsync("monitored", count: MonitorRounds);

        Assert.False(connection.Closed.IsCompleted);
        Assert.Same(connection, pair.Connection);
        Assert.Empty(pair.Js.Events("connection-close"));
        Assert.Single(pair.Js.Events("connection-open"));
    }

    [Theory]
    [InlineData(Side.CSharp)]
    [InlineData(Side.Js)]
    public async Task Each_side_pings_the_other_again_and_again_on_one_connection(Side dialer)
    {
        await using var pair = await Pair.ConnectAsync(dialer);
        for (var i = 0; i < Rounds; i++)
        {
            Assert.True(await pair.Host.PingAsync(pair.Js.Id, TestContext.Current.CancellationToken) > TimeSpan.Zero);
            Assert.True((int)(await pair.Js.DoAsync("ping", ("peer", pair.Host.LocalPeer.ToString())))! >= 0);
        }

        Assert.Single(pair.Js.Events("connection-open"));
        Assert.Empty(pair.Js.Events("connection-close"));
    }
}
