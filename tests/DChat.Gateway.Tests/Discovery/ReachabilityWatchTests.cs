using DChat.Gateway.Discovery;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Protocols.AutoNat;
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
    public void What_is_found_is_told_once_and_what_says_nothing_changes_nothing()
    {
        var (found, told) = ("?", new List<bool>());
        var watch = new ReachabilityWatch(() => [.. found.Select(Of)], told.Add, new FakeTimeProvider(), NullLogger<ReachabilityWatch>.Instance);
        foreach (var next in (string[])["?", "-", "--", "?", "-", "+-", "?", "+", "-"])
        {
            found = next;
            watch.Look();
        }

        Assert.Equal([true, false, true], told);
    }

    [Fact]
    public async Task The_watch_looks_every_period_until_it_is_stopped()
    {
        var time = new FakeTimeProvider();
        var told = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var watch = new ReachabilityWatch(() => [Of('-')], told.SetResult, time, NullLogger<ReachabilityWatch>.Instance);
        watch.Start();
        while (!told.Task.IsCompleted)
        {
            time.Advance(ReachabilityWatch.Period);
            await Task.Yield();
        }

        Assert.True(await told.Task);
        await watch.DisposeAsync();
        await watch.DisposeAsync();
    }

    private static AddressReachability Of(char found) => new(
        Multiaddr.Parse("/ip4/192.0.2.1/tcp/4001"),
        found switch { '+' => Reachability.Reachable, '-' => Reachability.Unreachable, _ => Reachability.Unknown },
        Reached: 0,
        Failed: 0,
        SettledAt: null);
}
