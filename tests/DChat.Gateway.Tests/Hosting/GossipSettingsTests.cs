using System.Net;
using DChat.Core;
using DChat.Gateway.Hosting;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Gossip;
using Microsoft.Extensions.DependencyInjection;

namespace DChat.Gateway.Tests.Hosting;

/// <summary>What an operator sets of gossip, as the library gets it.</summary>
public sealed class GossipSettingsTests
{
    private const string Peer = "12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp";

    [Fact]
    public void Direct_peers_are_those_of_the_setting_and_none_by_default()
    {
        Assert.Empty(Configured(_ => { }).DirectPeers);
        Assert.Equal(
            [$"/ip4/192.0.2.1/tcp/1/p2p/{Peer}", $"/dns4/relay.example/tcp/2/p2p/{Peer}"],
            Configured(o => o.DirectPeers = $"/ip4/192.0.2.1/tcp/1/p2p/{Peer}, /dns4/relay.example/tcp/2/p2p/{Peer}").DirectPeers.Select(a => a.ToString()));
    }

    [Fact]
    public void Who_is_told_of_is_followed_from_the_librarys_score_on_and_never_when_the_setting_says_no()
    {
        Assert.Null(Configured(_ => { }).AcceptsExchangeOf);
        Assert.False(Configured(o => o.PeerExchange = false).AcceptsExchangeOf!(PeerId.Parse(Peer)));
        Assert.False(Configured(_ => { }).PeerExchange);
    }

    [Fact]
    public void Relays_that_the_operator_vouches_for_have_a_score_of_their_own()
    {
        var score = Configured(o => o.RelayPeers = Peer).Score;
        Assert.Equal(score.AcceptExchangeThreshold, score.ApplicationWeight * score.ApplicationScore!(PeerId.Parse(Peer)));
    }

    [Theory]
    [InlineData(GatewayOptions.MaxDirectPeers, null)]
    [InlineData(GatewayOptions.MaxDirectPeers + 1, "")]
    [InlineData(0, "/ip4/192.0.2.1/tcp/1")]
    [InlineData(0, "no address")]
    public void Direct_peers_are_so_many_at_most_and_each_names_its_peer(int count, string? further)
    {
        var addresses = Enumerable.Range(1, count).Select(port => $"/ip4/192.0.2.1/tcp/{port}/p2p/{Peer}").Append(further ?? "");
        var options = new GatewayOptions { DirectPeers = string.Join(',', addresses) };
        if (further is null)
        {
            options.Validate();
            return;
        }

        var fault = Assert.Throws<DChatException>(options.Validate);
        Assert.Contains("DirectPeers", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Who_comes_through_a_trusted_proxy_does_not_have_its_address_refused()
    {
        var exempt = Configured(gateway => gateway.TrustedProxies = "198.51.100.0/24").Score.ColocationExempt;
        Assert.Contains(IPNetwork.Parse("198.51.100.0/24"), exempt);
    }

    private static GossipsubOptions Configured(Action<GatewayOptions> configure)
    {
        var services = new ServiceCollection().AddLogging();
        services.AddDChatGateway(_ => throw new InvalidOperationException("Nobody is needed."), "1");
        services.Configure(configure);
        using var provider = services.BuildServiceProvider();
        var options = new GossipsubOptions();
        GatewayExtensions.ConfigureGossip(options, provider);
        return options;
    }
}
