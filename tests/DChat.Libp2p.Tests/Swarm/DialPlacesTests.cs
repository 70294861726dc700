using DChat.Libp2p.Addresses;
using DChat.Libp2p.Swarm;

namespace DChat.Libp2p.Tests.Swarm;

public sealed class DialPlacesTests
{
    [Fact]
    public async Task A_target_has_eight_places_and_one_more_waits()
    {
        var places = new DialPlaces(new ConnectionLimits());
        var taken = Many(9, i => Take(places, "peer", $"/ip4/10.{i}.0.1/tcp/1"));
        Assert.Equal((8, 1), (places.Taken, places.Waiting));
        (await taken[0]).Dispose();
        Assert.Equal((8, 0), (places.Taken, places.Waiting));
    }

    [Theory]
    [InlineData("/ip4/10.0.0.1/tcp/{0}", 16)]
    [InlineData("/ip4/10.0.0.{0}/tcp/1", 32)]
    [InlineData("/ip6/2001:db8::{0}/tcp/1", 16)]
    [InlineData("/ip6/2001:db8:0:{0}::1/tcp/1", 24)]
    [InlineData("/ip6/2001:db8:0:{0}00::1/tcp/1", 32)]
    public async Task A_network_has_its_places_and_one_more_waits(string address, int limit)
    {
        var places = new DialPlaces(new ConnectionLimits());
        var taken = Many(limit + 1, i => Take(places, i, string.Format(System.Globalization.CultureInfo.InvariantCulture, address, i + 1)));
        Assert.Equal((limit, 1), (places.Taken, places.Waiting));
        (await taken[0]).Dispose();
        Assert.Equal((limit, 0), (places.Taken, places.Waiting));
    }

    [Fact]
    public async Task A_free_place_goes_to_the_target_that_has_the_fewest()
    {
        var places = new DialPlaces(new ConnectionLimits { MaxConcurrentDials = 4 });
        var greedy = Many(8, i => Take(places, "greedy", $"/ip4/10.{i}.0.1/tcp/1"));
        var modest = Many(2, i => Take(places, "modest", $"/ip4/11.{i}.0.1/tcp/1"));
        Assert.Equal((4, 6), (places.Taken, places.Waiting));
        (await greedy[0]).Dispose();
        (await greedy[1]).Dispose();
        Assert.Equal((4, 4), (places.Taken, places.Waiting));

        // Both of the modest one, so none of the greedy one's.
        (await modest[0]).Dispose();
        (await modest[1]).Dispose();
        Assert.Equal((4, 2), (places.Taken, places.Waiting));
    }

    [Fact]
    public async Task Who_gives_up_waits_no_longer()
    {
        var places = new DialPlaces(new ConnectionLimits { MaxConcurrentDials = 1 });
        using var first = await Take(places, "a", "/memory/a");
        using var cancel = new CancellationTokenSource();
        var second = places.TakeAsync("b", Multiaddr.Parse("/memory/b"), cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.Equal((1, 0), (places.Taken, places.Waiting));
        first.Dispose();
        Assert.Equal(0, places.Taken);
    }

    private static Task<IDisposable>[] Many(int count, Func<int, Task<IDisposable>> take) => [.. Enumerable.Range(0, count).Select(take)];

    private static Task<IDisposable> Take(DialPlaces places, object target, string address) =>
        places.TakeAsync(target, Multiaddr.Parse(address), TestContext.Current.CancellationToken);
}
