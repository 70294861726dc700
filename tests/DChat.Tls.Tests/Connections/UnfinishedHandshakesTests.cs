using System.Net;
using DChat.Core.Admission;
using DChat.Tls.Connections;

namespace DChat.Tls.Tests.Connections;

public sealed class UnfinishedHandshakesTests
{
    private readonly UnfinishedHandshakes _handshakes = new();

    [Fact]
    public void A_network_that_has_its_share_loses_its_oldest()
    {
        var oldest = Begin(network: 0);
        var second = Begin(network: 0);
        for (var i = 2; i < UnfinishedHandshakes.MaxPerNetwork; i++)
        {
            Assert.Null(_handshakes.Begin(Of(network: 0)));
        }

        Assert.Null(_handshakes.Begin(Of(network: 1)));
        Assert.Same(oldest, _handshakes.Begin(Of(network: 0)));
        Assert.Same(second, _handshakes.Begin(Of(network: 0)));
    }

    [Fact]
    public void A_port_that_is_full_takes_from_the_network_that_has_most()
    {
        var alone = Begin(network: 0);
        var oldest = Begin(network: 1);
        Begin(network: 1);
        for (var network = 2; network < UnfinishedHandshakes.Max - 1; network++)
        {
            Assert.Null(_handshakes.Begin(Of(network)));
        }

        Assert.Same(oldest, _handshakes.Begin(Of(UnfinishedHandshakes.Max)));
        Assert.Same(alone, _handshakes.Begin(Of(UnfinishedHandshakes.Max + 1)));
    }

    [Fact]
    public void What_has_ended_makes_room_once()
    {
        var first = Begin(network: 0);
        for (var i = 1; i < UnfinishedHandshakes.MaxPerNetwork; i++)
        {
            Begin(network: 0);
        }

        _handshakes.End(first);
        _handshakes.End(first);

        Assert.Null(_handshakes.Begin(Of(network: 0)));
        Assert.NotNull(_handshakes.Begin(Of(network: 0)));
    }

    [Fact]
    public void One_that_makes_way_hangs_up()
    {
        var hungUp = 0;
        var handshake = new Handshake(default, () => hungUp++);

        handshake.MakeWay();

        Assert.Equal((true, 1), (handshake.MadeWay, hungUp));
    }

    private static Handshake Of(int network) => new(NetworkPrefix.Of(new IPAddress([10, 0, (byte)(network >> 8), (byte)network])));

    private Handshake Begin(int network)
    {
        var handshake = Of(network);
        Assert.Null(_handshakes.Begin(handshake));
        return handshake;
    }
}
