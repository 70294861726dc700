using System.Net;
using System.Net.NetworkInformation;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Tests.Host;

namespace DChat.Libp2p.Tests.Peers;

public sealed class AddressManagerTests : IDisposable
{
    private static readonly Multiaddr Seen = Multiaddr.Parse("/ip4/8.8.8.8/tcp/4001");
    private static readonly Multiaddr Here = Multiaddr.Parse("/ip4/10.0.0.5/tcp/4001");

    private readonly SteppedTime _time = new();
    private readonly List<AddressManager> _made = [];
    private int _changes;

    public void Dispose() => _made.ForEach(m => m.Dispose());

    [Theory]
    [InlineData("/ip4/0.0.0.0/tcp/4001", AddressClass.Loopback, "127.0.0.1 10.0.0.5 8.8.4.4")]
    [InlineData("/ip4/0.0.0.0/tcp/4001", AddressClass.Private, "10.0.0.5 8.8.4.4")]
    [InlineData("/ip4/0.0.0.0/tcp/4001", AddressClass.Public, "8.8.4.4")]
    [InlineData("/ip6/::/tcp/4001", AddressClass.Loopback, "::1 fd00::5 2606:4700::1")]
    [InlineData("/ip6/::/tcp/4001", AddressClass.Public, "2606:4700::1")]
    [InlineData("/ip4/127.0.0.1/tcp/4001", AddressClass.Loopback, "127.0.0.1")]
    [InlineData("/ip4/127.0.0.1/tcp/4001", AddressClass.Private, "")]
    [InlineData("/ip4/10.0.0.5/tcp/4001", AddressClass.Public, "")]
    public void A_peer_is_told_the_addresses_of_interfaces_that_mean_this_host_to_it(string listening, AddressClass peer, string told)
    {
        var manager = Create([Multiaddr.Parse(listening)]);
        Assert.Equal(told, string.Join(' ', manager.ToldTo(peer).Select(a => a.Components[0].Text)));
        Assert.All(manager.ToldTo(peer), a => Assert.Equal("4001", a.Components[1].Text));
    }

    [Fact]
    public void What_is_configured_is_told_to_everybody_as_it_stands_and_instead_of_what_is_found()
    {
        var configured = Multiaddr.Parse("/ip4/10.9.9.9/tcp/1");
        var manager = Create([Here], configured);
        manager.Confirm(Seen, TimeSpan.FromHours(1));
        Assert.All(Enum.GetValues<AddressClass>(), c => Assert.Equal([configured], manager.ToldTo(c)));

        var relayed = Multiaddr.Parse("/dns4/relay.example/tcp/1/p2p/12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq/p2p-circuit");
        manager.Announce(relayed);
        Assert.Equal([configured, relayed], manager.ToldTo(AddressClass.Public));
        Assert.True(manager.Withdraw(relayed));
        Assert.False(manager.Withdraw(relayed));
        Assert.Equal([configured], manager.ToldTo(AddressClass.Public));
    }

    [Fact]
    public void An_address_is_told_when_a_quorum_of_networks_sees_it_and_not_before()
    {
        var manager = Create([Here]);
        for (var i = 1; i < ObservedAddresses.Quorum; i++)
        {
            Observe(manager, $"9.9.{i}.1", Seen);
            Observe(manager, $"9.9.{i}.2", Seen);
        }

        Assert.Empty(manager.Observed);
        Assert.Empty(manager.ToldTo(AddressClass.Public));
        var before = _changes;
        Observe(manager, "9.9.100.1", Seen);
        Assert.Equal([Seen], manager.Observed);
        Assert.Equal([Seen], manager.ToldTo(AddressClass.Public));
        Assert.Equal(1, _changes - before);
        Observe(manager, "9.9.101.1", Seen);
        Assert.Equal(1, _changes - before);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-10)]
    [InlineData(10)]
    public void What_is_observed_counts_while_connections_are_open_and_for_a_while_after_whatever_the_clock_is_set_to(int hours)
    {
        var manager = Create([Here]);
        var open = true;
        Agree(manager, () => open);
        _time.Advance(ObservedAddresses.Lifetime * 2);
        Assert.Equal([Seen], manager.Observed);

        open = false;
        _time.Step = TimeSpan.FromHours(hours);
        _time.Advance(ObservedAddresses.Lifetime - TimeSpan.FromTicks(1));
        Assert.Equal([Seen], manager.Observed);
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Empty(manager.Observed);
    }

    [Theory]
    [InlineData("10.0.0.9", "/ip4/8.8.8.8/tcp/4001", "/ip4/10.0.0.5/tcp/4001", Direction.Inbound)]
    [InlineData("9.9.9.9", "/ip4/127.0.0.1/tcp/4001", "/ip4/10.0.0.5/tcp/4001", Direction.Inbound)]
    [InlineData("9.9.9.9", "/ip4/192.168.0.1/tcp/4001", "/ip4/10.0.0.5/tcp/4001", Direction.Outbound)]
    [InlineData("9.9.9.9", "/dns4/example.com/tcp/4001", "/ip4/10.0.0.5/tcp/4001", Direction.Outbound)]
    [InlineData("9.9.9.9", "/ip4/8.8.8.8/tcp/4001", "/ip4/10.0.0.5/tcp/50000", Direction.Inbound)]
    public void What_says_nothing_about_reaching_this_host_does_not_count(string observer, string observed, string local, Direction direction)
    {
        var manager = Create([Here]);
        manager.Observe(Multiaddr.Parse($"/ip4/{observer}/tcp/1"), Multiaddr.Parse(local), direction, Multiaddr.Parse(observed), () => true);
        Assert.Empty(manager.Candidates);
        Agree(manager, remotes: 3);
        Assert.Empty(manager.Observed);
    }

    [Fact]
    public void Where_a_dial_comes_from_is_a_candidate_with_the_port_listened_on_and_told_only_when_confirmed()
    {
        var manager = Create([Here]);
        for (var i = 1; i <= ObservedAddresses.Quorum; i++)
        {
            var seen = Multiaddr.Parse($"/ip4/8.8.8.8/tcp/{50_000 + i}");
            manager.Observe(Multiaddr.Parse($"/ip4/9.9.{i}.1/tcp/1"), Multiaddr.Parse($"/ip4/10.0.0.5/tcp/{50_000 + i}"), Direction.Outbound, seen, () => true);
        }

        Assert.Empty(manager.Observed);
        Assert.Equal([Seen], manager.Candidates);
        Assert.Empty(manager.ToldTo(AddressClass.Public));
        manager.Confirm(Seen, TimeSpan.FromMinutes(1));
        Assert.Equal([Seen], manager.ToldTo(AddressClass.Public));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Empty(manager.ToldTo(AddressClass.Public));
    }

    [Fact]
    public void A_refuted_address_is_told_no_longer()
    {
        var manager = Create([Here]);
        Agree(manager, () => true);
        manager.Confirm(Seen, TimeSpan.FromHours(1));
        manager.Refute(Seen, TimeSpan.FromHours(1));
        Assert.Empty(manager.Observed);
        Assert.Empty(manager.Confirmed);
        Assert.Empty(manager.ToldTo(AddressClass.Public));
    }

    [Fact]
    public void An_address_that_is_refuted_for_a_time_is_told_to_nobody_until_then_whoever_sees_it()
    {
        var listening = Multiaddr.Parse("/ip4/8.8.4.4/tcp/4001");
        var manager = Create([Here, listening]);
        Agree(manager, () => true);
        Assert.Equal([Seen, listening], manager.ToldTo(AddressClass.Public));
        manager.Refute(Seen, TimeSpan.FromMinutes(1));
        manager.Refute(listening, TimeSpan.FromMinutes(2));
        Agree(manager, () => true);
        Assert.Empty(manager.ToldTo(AddressClass.Public));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal([Seen], manager.ToldTo(AddressClass.Public));
        manager.Confirm(listening, TimeSpan.FromHours(1));
        Assert.Equal([listening, Seen], manager.ToldTo(AddressClass.Public));
        manager.Announce(Here);
        manager.Refute(Here, TimeSpan.FromHours(1));
        Assert.Contains(Here, manager.ToldTo(AddressClass.Public));
    }

    [Theory]
    [InlineData(-10)]
    [InlineData(10)]
    public void What_is_confirmed_or_refuted_is_so_for_as_long_as_was_said_when_the_clock_is_set(int hours)
    {
        var listening = Multiaddr.Parse("/ip4/8.8.4.4/tcp/4001");
        var manager = Create([listening]);
        manager.Confirm(Seen, TimeSpan.FromHours(1));
        manager.Refute(listening, TimeSpan.FromHours(1));
        _time.Step = TimeSpan.FromHours(hours);
        _time.Advance(TimeSpan.FromMinutes(59));
        Assert.Equal([Seen], manager.ToldTo(AddressClass.Public));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal([listening], manager.ToldTo(AddressClass.Public));
    }

    [Fact]
    public void Only_so_many_addresses_are_refuted_and_the_oldest_goes()
    {
        Multiaddr[] listening = [.. Enumerable.Range(1, AddressManager.MaxConfirmed + 1).Select(i => Multiaddr.Parse($"/ip4/8.8.8.8/tcp/{i}"))];
        var manager = Create(listening);
        Array.ForEach(listening, a => manager.Refute(a, TimeSpan.FromHours(1)));
        Assert.Equal([listening[0]], manager.ToldTo(AddressClass.Public));
    }

    [Fact]
    public void Votes_and_confirmed_addresses_are_kept_up_to_their_limits()
    {
        var manager = Create([Here]);
        Agree(manager, () => false);
        for (var i = 0; i < ObservedAddresses.MaxVotes - ObservedAddresses.Quorum; i++)
        {
            _time.Advance(TimeSpan.FromTicks(1));
            Observe(manager, $"11.0.{i}.1", Multiaddr.Parse($"/ip4/8.8.4.4/tcp/{i}"));
        }

        Assert.Equal([Seen], manager.Observed);
        Observe(manager, "12.0.0.1", Multiaddr.Parse("/ip4/8.8.4.4/tcp/9999"));
        Assert.Empty(manager.Observed);

        for (var i = 0; i <= AddressManager.MaxConfirmed; i++)
        {
            manager.Confirm(Multiaddr.Parse($"/ip4/8.8.8.8/tcp/{i + 1}"), TimeSpan.FromHours(1));
        }

        Assert.Equal(AddressManager.MaxConfirmed, manager.Confirmed.Count);
        Assert.DoesNotContain(Multiaddr.Parse("/ip4/8.8.8.8/tcp/1"), manager.Confirmed);
    }

    [Fact]
    public async Task A_host_that_listens_everywhere_does_not_announce_the_unspecified_address_nor_sign_it()
    {
        await using var network = new TestNetwork();
        var everywhere = await network.StartAsync("everywhere", Tcp("/ip4/0.0.0.0/tcp/0"));
        var peer = await network.StartAsync("peer", Tcp("/ip4/127.0.0.1/tcp/0"));
        using var events = peer.Subscribe();
        var port = everywhere.ListenAddresses[0].Components[1].Text;
        await peer.ConnectAsync(Multiaddr.Parse($"/ip4/127.0.0.1/tcp/{port}"), TestContext.Current.CancellationToken);
        var info = (await events.NextAsync<PeerEvent.Identified>()).Info;

        Assert.Contains(Multiaddr.Parse($"/ip4/127.0.0.1/tcp/{port}"), info.Record!.Addresses);
        Assert.DoesNotContain(info.Record.Addresses, a => a.ToString().Contains("0.0.0.0", StringComparison.Ordinal));
        Assert.DoesNotContain(info.Addresses, a => a.ToString().Contains("0.0.0.0", StringComparison.Ordinal));

        static Action<Libp2p.Host.Libp2pOptions> Tcp(string listen) => options =>
        {
            options.Transports.Add(new Libp2p.Transports.Tcp.TcpTransport());
            options.ListenAddresses.Clear();
            options.ListenAddresses.Add(Multiaddr.Parse(listen));
        };
    }

    [Fact]
    public void Interfaces_that_cannot_be_listed_throw_at_nobody_and_what_was_known_is_told_until_they_can()
    {
        IReadOnlyList<IPAddress>? interfaces = null;
        Multiaddr[] listening = [Multiaddr.Parse("/ip4/0.0.0.0/tcp/4001")];
        using var manager = new AddressManager(
            [], () => listening, () => interfaces ?? throw new NetworkInformationException(24), () => _changes++, _time);

        // Called by the system when an address comes or goes, and by a host that starts: either would be the end of the process.
        manager.Refresh();
        Assert.Empty(manager.ToldTo(AddressClass.Loopback));
        interfaces = [IPAddress.Parse("10.0.0.5")];
        Assert.Equal([Here], manager.ToldTo(AddressClass.Loopback));
        manager.Refresh();
        Assert.Equal(1, _changes);
        interfaces = null;
        manager.Refresh();
        Assert.Equal([Here], manager.ToldTo(AddressClass.Loopback));
        Assert.Equal(1, _changes);
    }

    private AddressManager Create(Multiaddr[] listening, params Multiaddr[] configured)
    {
        IPAddress[] interfaces = [.. "127.0.0.1 ::1 10.0.0.5 fe80::5 fd00::5 8.8.4.4 2606:4700::1".Split(' ').Select(IPAddress.Parse)];
        var manager = new AddressManager(configured, () => listening, () => interfaces, () => _changes++, _time);
        _made.Add(manager);
        manager.Refresh();
        return manager;
    }

    private static void Agree(AddressManager manager, Func<bool>? isOpen = null, int remotes = ObservedAddresses.Quorum)
    {
        for (var i = 1; i <= remotes; i++)
        {
            Observe(manager, $"9.9.{100 + i}.1", Seen, isOpen);
        }
    }

    private static void Observe(AddressManager manager, string observer, Multiaddr observed, Func<bool>? isOpen = null) =>
        manager.Observe(Multiaddr.Parse($"/ip4/{observer}/tcp/1"), Here, Direction.Inbound, observed, isOpen ?? (() => true));
}
