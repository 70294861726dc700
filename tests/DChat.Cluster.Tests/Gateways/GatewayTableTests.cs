using System.Globalization;
using DChat.Abstractions.Grains;
using DChat.Grains.Gateways;
using DChat.Testing.Peers;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Cluster.Tests.Gateways;

public sealed class GatewayTableTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly GatewayTable _table;

    public GatewayTableTests() => _table = new GatewayTable(_time);

    [Fact]
    public void Gateways_are_listed_by_their_peer_id()
    {
        Announce("b", "a", "B");

        Assert.Equal(["B", "a", "b"], Listed);
    }

    [Fact]
    public void An_announcement_replaces_the_former_one_of_the_gateway()
    {
        Announce("a");
        Assert.True(_table.TryAnnounce(GatewayReports.Gateway("a", peers: 7)));

        Assert.Equal(7, Assert.Single(_table.List()).PeerCount);
    }

    [Fact]
    public void A_gateway_is_forgotten_when_its_lifetime_has_passed_and_kept_up_to_it()
    {
        Announce("a", "b");
        _time.Advance(TimeSpan.FromSeconds(6));
        Announce("b");

        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(["a", "b"], Listed);
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(["b"], Listed);
        _time.Advance(TimeSpan.FromSeconds(6));
        Assert.Empty(Listed);
    }

    [Fact]
    public void A_gateway_that_leaves_is_gone_at_once_and_leaving_twice_is_well()
    {
        Announce("a", "b");

        _table.Remove("a");
        _table.Remove("a");

        Assert.Equal(["b"], Listed);
    }

    [Fact]
    public void A_full_table_renews_the_gateways_it_has_and_refuses_others_until_one_expires()
    {
        var names = Enumerable.Range(0, IGatewayDirectoryGrain.MaxGateways).Select(i => i.ToString("0000", CultureInfo.InvariantCulture)).ToArray();
        Announce(names);

        Assert.True(_table.TryAnnounce(GatewayReports.Gateway(names[0])));
        Assert.False(_table.TryAnnounce(GatewayReports.Gateway("beyond")));
        Assert.Equal(names, Listed);

        _time.Advance(GatewayLiveness.Lifetime);
        Announce(names[1..]);
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.True(_table.TryAnnounce(GatewayReports.Gateway("beyond")));
        Assert.Equal([.. names[1..], "beyond"], Listed);
    }

    private string[] Listed => Array.ConvertAll(_table.List(), gateway => gateway.PeerId);

    private void Announce(params string[] peerIds) =>
        Assert.All(peerIds, peerId => Assert.True(_table.TryAnnounce(GatewayReports.Gateway(peerId))));
}
