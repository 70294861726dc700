using DChat.Libp2p.Addresses;
using DChat.Libp2p.Protocols.AutoNat;

namespace DChat.Libp2p.Tests.Protocols.AutoNat;

/// <summary>Votes, results and their time, without a host.</summary>
public sealed class ReachabilityBookTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);
    private static readonly Multiaddr First = Multiaddr.Parse("/ip4/8.8.8.8/tcp/1");
    private static readonly Multiaddr Second = Multiaddr.Parse("/ip4/8.8.8.8/tcp/2");

    private readonly AutoNatOptions _options = new() { NetworksToConfirm = 2, NetworksToRefute = 3 };

    [Fact]
    public void An_address_is_reachable_when_enough_networks_have_reached_it_and_not_one_before()
    {
        var book = Book(First);
        Assert.Equal(Reachability.Unknown, book.Record(First, "a", reached: true, Now));
        Assert.Equal(new AddressReachability(First, Reachability.Unknown, 1, 0, null), Assert.Single(book.Snapshot(Now)));
        Assert.Equal(Reachability.Reachable, book.Record(First, "b", reached: true, Now));
        Assert.Equal(new AddressReachability(First, Reachability.Reachable, 2, 0, Now), Assert.Single(book.Snapshot(Now)));
    }

    [Fact]
    public void A_network_has_one_vote_however_many_servers_it_has()
    {
        var book = Book(First);
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(Reachability.Unknown, book.Record(First, "a", reached: false, Now));
        }

        Assert.Null(Next(book, "a", Now));
        Assert.Equal(First, Next(book, "b", Now));
        Assert.Equal(1, Assert.Single(book.Snapshot(Now)).Failed);
    }

    [Fact]
    public void An_address_is_unreachable_when_enough_networks_have_failed_before_enough_have_not()
    {
        var book = Book(First);
        book.Record(First, "a", reached: true, Now);
        Assert.Equal(Reachability.Unknown, book.Record(First, "b", reached: false, Now));
        Assert.Equal(Reachability.Unknown, book.Record(First, "c", reached: false, Now));
        Assert.Equal(Reachability.Unreachable, book.Record(First, "d", reached: false, Now));

        // Settled: until it is checked again nobody is asked and nobody is heard.
        Assert.Null(Next(book, "e", Now));
        Assert.Equal(Reachability.Unknown, book.Record(First, "e", reached: true, Now));
        Assert.Equal(1, Assert.Single(book.Snapshot(Now)).Reached);
    }

    [Fact]
    public void A_settled_address_is_asked_about_again_by_all_and_stays_settled_for_its_lifetime()
    {
        var book = Book(First);
        book.Record(First, "a", reached: true, Now);
        book.Record(First, "b", reached: true, Now);
        Assert.Null(Next(book, "c", Now + _options.RecheckInterval - TimeSpan.FromTicks(1)));

        var again = Now + _options.RecheckInterval;
        Assert.Equal(First, Next(book, "a", again));
        Assert.Equal(new AddressReachability(First, Reachability.Reachable, 0, 0, Now), Assert.Single(book.Snapshot(again)));
        Assert.Equal(Reachability.Unknown, book.Record(First, "a", reached: false, again));
        Assert.Equal(Reachability.Unknown, book.Record(First, "b", reached: false, again));
        Assert.Equal(Reachability.Unreachable, book.Record(First, "c", reached: false, again));

        Assert.Equal(Reachability.Unreachable, Assert.Single(book.Snapshot(again + _options.ResultLifetime - TimeSpan.FromTicks(1))).Reachability);
        Assert.Equal(new AddressReachability(First, Reachability.Unknown, 0, 0, null), Assert.Single(book.Snapshot(again + _options.ResultLifetime)));
    }

    [Fact]
    public void A_vote_expires()
    {
        var book = Book(First);
        book.Record(First, "a", reached: true, Now);
        Assert.Null(Next(book, "a", Now + _options.ResultLifetime - TimeSpan.FromTicks(1)));
        Assert.Equal(First, Next(book, "a", Now + _options.ResultLifetime));
        Assert.Equal(Reachability.Unknown, book.Record(First, "b", reached: true, Now + _options.ResultLifetime));
    }

    [Fact]
    public void The_preferred_address_comes_first_and_what_is_no_longer_wanted_is_forgotten()
    {
        var book = Book(First, Second);
        Assert.Equal(First, Next(book, "a", Now));
        Assert.Equal(Second, book.NextFor("a", a => !a.Equals(First), Now));
        book.Record(First, "a", reached: true, Now);
        Assert.Equal(Second, Next(book, "a", Now));

        book.Keep([Second]);
        Assert.Equal(Reachability.Unknown, book.Record(First, "b", reached: true, Now));
        book.Keep([First, Second]);
        Assert.Equal(0, book.Snapshot(Now)[0].Reached);
    }

    [Theory]
    [InlineData(0, ReachabilityBook.MaxAddresses)]
    [InlineData(1, ReachabilityBook.MaxAddresses)]
    public void So_many_addresses_are_asked_about(int beyond, int kept)
    {
        var book = Book([.. Enumerable.Range(1, ReachabilityBook.MaxAddresses + beyond).Select(i => Multiaddr.Parse($"/ip4/8.8.8.8/tcp/{i}"))]);
        Assert.Equal(kept, book.Snapshot(Now).Count);
        Assert.Equal(First, book.Snapshot(Now)[0].Address);
    }

    [Fact]
    public void A_network_is_let_alone_for_as_long_as_its_answer_says()
    {
        var pauses = new ServerPauses(_options);
        Assert.True(pauses.IsOver("a", Now));
        pauses.Note("a", First, DialBackOutcome.Reached, Now);
        Assert.False(pauses.IsOver("a", Now + _options.ServerPause - TimeSpan.FromTicks(1)));
        Assert.True(pauses.IsOver("a", Now + _options.ServerPause));
        foreach (var outcome in new[] { DialBackOutcome.Rejected, DialBackOutcome.Untrue, DialBackOutcome.TooDear })
        {
            pauses.Note("a", First, outcome, Now);
            Assert.False(pauses.IsOver("a", Now + _options.ServerBackoff - TimeSpan.FromTicks(1)));
            Assert.True(pauses.IsOver("a", Now + _options.ServerBackoff));
        }
    }

    [Fact]
    public void A_network_is_not_asked_about_an_address_that_it_does_not_dial()
    {
        var pauses = new ServerPauses(_options);
        pauses.Note("a", First, DialBackOutcome.Refused, Now);
        Assert.False(pauses.MayDial("a", First, Now));
        Assert.True(pauses.MayDial("a", Second, Now));
        Assert.True(pauses.MayDial("b", First, Now));
        Assert.True(pauses.MayDial("a", First, Now + _options.ServerBackoff));
        for (var i = 1; i <= ServerPauses.MaxRefused; i++)
        {
            pauses.Note("a", Multiaddr.Parse($"/ip4/9.9.9.9/tcp/{i}"), DialBackOutcome.Refused, Now);
        }

        // One too many: the first is forgotten.
        Assert.True(pauses.MayDial("a", First, Now));
        Assert.False(pauses.MayDial("a", Multiaddr.Parse("/ip4/9.9.9.9/tcp/1"), Now));
    }

    [Fact]
    public void So_many_networks_are_remembered_and_those_that_may_be_asked_soonest_are_forgotten()
    {
        var pauses = new ServerPauses(_options);
        pauses.Note("late", First, DialBackOutcome.Untrue, Now);
        for (var i = 1; i < ServerPauses.MaxNetworks; i++)
        {
            pauses.Note($"{i}", First, DialBackOutcome.Reached, Now);
        }

        Assert.Equal(ServerPauses.MaxNetworks, pauses.Count);
        pauses.Note("new", First, DialBackOutcome.Reached, Now);
        Assert.Equal((ServerPauses.MaxNetworks / 8 * 7) + 1, pauses.Count);
        Assert.False(pauses.IsOver("late", Now));
    }

    private ReachabilityBook Book(params Multiaddr[] addresses)
    {
        var book = new ReachabilityBook(_options);
        book.Keep(addresses);
        return book;
    }

    private static Multiaddr? Next(ReachabilityBook book, string network, DateTimeOffset now) => book.NextFor(network, _ => true, now);
}
