using DChat.Gateway.Discovery;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Protocols.AutoNat;
using DChat.Libp2p.Protocols.CircuitRelay;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Gateway.Tests.Discovery;

public sealed class ReachabilityWatchTests
{
    [Theory]
    [InlineData("", null)]
    [InlineData("?", null)]
    [InlineData("?-", true)]
    [InlineData("--", true)]
    [InlineData("-+", false)]
    [InlineData("+?", false)]
    public void A_gateway_is_hidden_when_an_address_is_found_unreachable_and_none_reachable(string found, bool? isHidden) =>
        Assert.Equal(isHidden, ReachabilityWatch.IsHidden([.. found.Select(Of)]));

    [Fact]
    public async Task What_says_nothing_changes_nothing_and_a_stop_ends_the_watch()
    {
        var time = new FakeTimeProvider();
        await using var host = new Libp2pHost(new Libp2pOptions(), time);
        await using var nat = new AutoNat(host);
        await using var relays = new AutoRelay(host, new AutoRelayOptions { FindsRelays = true });
        var watch = new ReachabilityWatch(nat, relays, time, NullLogger<ReachabilityWatch>.Instance);
        watch.Start();
        time.Advance(ReachabilityWatch.Period);
        await watch.DisposeAsync();
        await watch.DisposeAsync();
        Assert.True(relays.IsFinding);
    }

    private static AddressReachability Of(char found) => new(
        Multiaddr.Parse("/ip4/192.0.2.1/tcp/4001"),
        found switch { '+' => Reachability.Reachable, '-' => Reachability.Unreachable, _ => Reachability.Unknown },
        Reached: 0,
        Failed: 0,
        SettledAt: null);
}
