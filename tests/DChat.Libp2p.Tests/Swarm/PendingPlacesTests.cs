using DChat.Libp2p.Addresses;
using DChat.Libp2p.Swarm;

namespace DChat.Libp2p.Tests.Swarm;

public sealed class PendingPlacesTests
{
    [Theory]
    [InlineData("/ip4/10.0.0.1/tcp/1", "/ip4/10.0.0.1/tcp/2", 16)]
    [InlineData("/ip4/10.0.0.{0}/tcp/1", "/ip4/10.0.0.200/tcp/1", 32)]
    [InlineData("/ip6/2001:db8::1/tcp/1", "/ip6/2001:db8::2/tcp/1", 16)]
    [InlineData("/ip6/2001:db8:0:{0}::1/tcp/1", "/ip6/2001:db8:0:ff::1/tcp/1", 24)]
    [InlineData("/ip6/2001:db8:0:{0}00::1/tcp/1", "/ip6/2001:db8:0:ff00::1/tcp/1", 32)]
    [InlineData("/ip4/10.0.{0}.1/tcp/1", "/ip4/10.0.200.1/tcp/1", 48)]
    [InlineData("/ip6/2001:db8:{0}::1/tcp/1", "/ip6/2001:db8:ff::1/tcp/1", 48)]
    public void A_network_at_its_limit_loses_its_oldest_to_one_more(string address, string beyond, int limit)
    {
        var places = new PendingPlaces(new ConnectionLimits());
        var stranger = places.Take(Multiaddr.Parse("/ip4/192.0.2.1/tcp/1"));
        var held = Enumerable.Range(1, limit).Select(i => places.Take(Of(address, i))).ToArray();
        Assert.All(held, place => Assert.Null(place.EvictedBy));

        var last = places.Take(Multiaddr.Parse(beyond));
        Assert.Equal(nameof(ConnectionLimits.PendingInboundPerNetwork), held[0].EvictedBy);
        Assert.True(held[0].Evicted.IsCancellationRequested);
        Assert.All([stranger, .. held.Skip(1), last], place => Assert.Null(place.EvictedBy));
    }

    [Fact]
    public void When_all_places_are_taken_the_oldest_of_the_network_that_holds_the_most_goes()
    {
        var places = new PendingPlaces(new ConnectionLimits { MaxPendingInbound = 6 });
        var honest = places.Take(Of("/ip4/192.0.2.{0}/tcp/1", 1));
        var one = places.Take(Of("/ip4/10.0.0.{0}/tcp/1", 1));
        var two = Enumerable.Range(0, 2).Select(_ => places.Take(Of("/ip4/10.0.0.{0}/tcp/1", 2))).ToArray();
        var six = Enumerable.Range(0, 2).Select(i => places.Take(Of("/ip6/2001:db8:0:{0}::1/tcp/1", i))).ToArray();

        // 10.0.0.0/24 holds three, the /48 two; within the /24 it is 10.0.0.2.
        var beyond = places.Take(Of("/memory/{0}", 1));
        Assert.Equal(nameof(ConnectionLimits.MaxPendingInbound), two[0].EvictedBy);
        Assert.All([honest, one, two[1], .. six, beyond], place => Assert.Null(place.EvictedBy));
        Assert.Equal(6, places.Count);
    }

    [Fact]
    public void A_place_is_given_back_once()
    {
        var places = new PendingPlaces(new ConnectionLimits { MaxPendingInbound = 1 });
        var first = places.Take(Of("/ip4/10.0.0.{0}/tcp/1", 1));
        var second = places.Take(Of("/ip4/10.0.0.{0}/tcp/1", 1));
        first.Dispose();
        Assert.Equal(1, places.Count);
        second.Dispose();
        Assert.Equal(0, places.Count);
    }

    private static Multiaddr Of(string address, int number) =>
        Multiaddr.Parse(string.Format(System.Globalization.CultureInfo.InvariantCulture, address, number));
}
