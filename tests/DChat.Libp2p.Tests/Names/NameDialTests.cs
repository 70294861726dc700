using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Names;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Tests.Host;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Libp2p.Tests.Names;

public sealed class NameDialTests
{
    private readonly FakeNames _names = new();
    private readonly PeerId _stranger = TestHosts.SomePeer();

    [Fact]
    public async Task What_a_name_leads_to_is_gated_and_dialed()
    {
        await using var network = new TestNetwork();
        var gater = new RecordingGater();
        _names.Hosts["bob.example"] = ["9.9.9.9"];
        var alice = await network.StartAtAsync("8.8.8.8", o => (o.NameResolver, o.Gater) = (_names, gater));
        var bob = await network.StartAtAsync("9.9.9.9");
        var connection = await alice.ConnectAsync(Multiaddr.Parse($"/dns4/bob.example/tcp/4001/p2p/{bob.LocalPeer}"), TestContext.Current.CancellationToken);
        Assert.Equal("/ip4/9.9.9.9/tcp/4001", connection.RemoteAddress.ToString());
        Assert.Equal("/ip4/9.9.9.9/tcp/4001", Assert.Single(gater.Asked).ToString());
    }

    [Fact]
    public async Task A_peer_is_found_by_dnsaddr_within_dnsaddr()
    {
        await using var network = new TestNetwork();
        var alice = await network.StartAtAsync("8.8.8.8", o => o.NameResolver = _names);
        var bob = await network.StartAtAsync("9.9.9.9");
        _names.Texts["_dnsaddr.boot.example"] = [$"dnsaddr=/dnsaddr/boot.example/p2p/{bob.LocalPeer}", $"dnsaddr=/dnsaddr/eu.boot.example/p2p/{bob.LocalPeer}"];
        _names.Texts["_dnsaddr.eu.boot.example"] = [$"dnsaddr=/dns4/bob.example/tcp/4001/p2p/{bob.LocalPeer}"];
        _names.Hosts["bob.example"] = ["9.9.9.9"];
        var connection = await alice.ConnectAsync(Multiaddr.Parse($"/dnsaddr/boot.example/p2p/{bob.LocalPeer}"), TestContext.Current.CancellationToken);
        Assert.Equal(bob.LocalPeer, connection.RemotePeer);
        Assert.Equal(3, _names.Questions);
    }

    [Fact]
    public async Task A_public_peer_does_not_lead_a_dial_into_this_machine_by_a_name()
    {
        await using var network = new TestNetwork();
        _names.Hosts["evil.example"] = ["127.0.0.1", "10.0.0.1"];
        _names.Hosts["half.example"] = ["127.0.0.1", "9.9.9.9"];
        var alice = await network.StartAtAsync("8.8.8.8", o => o.NameResolver = _names);
        var teller = await network.StartAtAsync("8.8.4.4");
        var connection = await alice.ConnectAsync(teller.Address(), TestContext.Current.CancellationToken);
        var before = network.Internet.Dialed.Count;
        Multiaddr[] told = [Multiaddr.Parse("/dns4/evil.example/tcp/1"), Multiaddr.Parse("/dns4/half.example/tcp/2")];
        Assert.True(alice.Peers.TryAddCandidate(_stranger, told, connection));
        await Assert.ThrowsAsync<Libp2pException>(() => alice.ConnectAsync(_stranger, TestContext.Current.CancellationToken));
        Assert.Equal(["/ip4/9.9.9.9/tcp/2"], network.Internet.Dialed.Skip(before).Select(a => a.ToString()));

        // The application may name what it likes.
        await Assert.ThrowsAsync<Libp2pException>(() => alice.ConnectAsync(_stranger, [told[0]], TestContext.Current.CancellationToken));
        Assert.Equal(["/ip4/127.0.0.1/tcp/1", "/ip4/10.0.0.1/tcp/1"], network.Internet.Dialed.Select(a => a.ToString()).Where(a => a.EndsWith("/1", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_resolver_that_fails_is_told_by_name_and_other_addresses_are_tried()
    {
        await using var network = new TestNetwork();
        var alice = await network.StartAtAsync("8.8.8.8", o => o.NameResolver = _names);
        var bob = await network.StartAtAsync("9.9.9.9");
        var broken = Multiaddr.Parse("/dns4/broken.example/tcp/1");
        var fault = await Assert.ThrowsAsync<Libp2pException>(() => alice.ConnectAsync(bob.LocalPeer, [broken], TestContext.Current.CancellationToken));
        Assert.Equal((Libp2pErrorCodes.NameFailed, true), (fault.Code, fault.IsTransient));
        Assert.Contains("broken.example", fault.Message, StringComparison.Ordinal);
        _names.Hosts["bob.example"] = ["9.9.9.9"];
        var connection = await alice.ConnectAsync(bob.LocalPeer, [broken, Multiaddr.Parse("/dns4/bob.example/tcp/4001")], TestContext.Current.CancellationToken);
        Assert.Equal(bob.LocalPeer, connection.RemotePeer);
    }

    [Fact]
    public async Task A_name_that_failed_is_not_asked_for_again_at_once()
    {
        await using var network = new TestNetwork();
        var time = new FakeTimeProvider();
        var alice = await network.StartAtAsync("8.8.8.8", o => o.NameResolver = _names, time);
        alice.Peers.Vouch(_stranger, [Multiaddr.Parse("/dns4/broken.example/tcp/1")]);
        Assert.Equal(Libp2pErrorCodes.NameFailed, await FaultAsync());
        Assert.Equal(Libp2pErrorCodes.DialBackoff, await FaultAsync());
        Assert.Equal(1, _names.Questions);
        time.Advance(DialBackoffs.First);
        Assert.Equal(Libp2pErrorCodes.NameFailed, await FaultAsync());
        Assert.Equal(2, _names.Questions);

        async Task<string> FaultAsync() => (await Assert.ThrowsAsync<Libp2pException>(() => alice.ConnectAsync(_stranger, TestContext.Current.CancellationToken))).Code;
    }

    [Fact]
    public async Task A_name_that_never_resolves_holds_up_no_other_address_and_is_given_up()
    {
        await using var network = new TestNetwork();
        var time = new FakeTimeProvider();
        var alice = await network.StartAtAsync("8.8.8.8", o => o.NameResolver = _names, time);
        var bob = await network.StartAtAsync("9.9.9.9", time: time);
        var carol = await network.StartAtAsync("9.9.9.10", time: time);
        var tarpit = Multiaddr.Parse("/dns4/tarpit.example/tcp/1");
        _names.Hosts["carol.example"] = ["9.9.9.10"];
        await alice.ConnectAsync(bob.LocalPeer, [tarpit, .. bob.ListenAddresses], TestContext.Current.CancellationToken);
        await alice.ConnectAsync(carol.LocalPeer, [tarpit, Multiaddr.Parse("/dns4/carol.example/tcp/4001")], TestContext.Current.CancellationToken);

        var asked = _names.Questions;
        var dial = alice.ConnectAsync(_stranger, [tarpit], TestContext.Current.CancellationToken);
        await TestHosts.UntilAsync(() => _names.Questions > asked);
        time.Advance(NameLookups.Timeout - TimeSpan.FromTicks(1));
        Assert.False(dial.IsCompleted);
        time.Advance(TimeSpan.FromTicks(1));
        var fault = await Assert.ThrowsAsync<Libp2pException>(() => dial);
        Assert.Equal((Libp2pErrorCodes.NameFailed, true), (fault.Code, fault.IsTransient));
        Assert.Contains("tarpit.example", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(NameLookups.MaxLookups, true)]
    [InlineData(NameLookups.MaxLookups + 1, false)]
    public async Task A_dial_takes_so_many_lookups_and_no_more(int lookups, bool isFound)
    {
        await using var network = new TestNetwork();
        var alice = await network.StartAtAsync("8.8.8.8", o => o.NameResolver = _names);
        var bob = await network.StartAtAsync("9.9.9.9");
        for (var i = 1; i < lookups; i++)
        {
            _names.Texts[$"_dnsaddr.{i}.example"] = [$"dnsaddr=/dnsaddr/{i + 1}.example/p2p/{bob.LocalPeer}"];
        }

        _names.Texts[$"_dnsaddr.{lookups}.example"] = [$"dnsaddr=/ip4/9.9.9.9/tcp/4001/p2p/{bob.LocalPeer}"];
        var fault = await Record.ExceptionAsync(() => alice.ConnectAsync(bob.LocalPeer, [Multiaddr.Parse("/dnsaddr/1.example")], TestContext.Current.CancellationToken));
        Assert.Equal(NameLookups.MaxLookups, _names.Questions);
        Assert.Equal(isFound ? null : Libp2pErrorCodes.LimitReached, (fault as Libp2pException)?.Code);
    }

    [Fact]
    public async Task A_name_that_no_transport_could_use_is_not_asked_for()
    {
        await using var network = new TestNetwork();
        var alice = await network.StartAtAsync("8.8.8.8", o => o.NameResolver = _names);
        var fault = await Assert.ThrowsAsync<Libp2pException>(() => alice.ConnectAsync(
            _stranger, [Multiaddr.Parse("/dns4/bob.example/udp/1/quic-v1")], TestContext.Current.CancellationToken));
        Assert.Equal(Libp2pErrorCodes.NoAddress, fault.Code);
        Assert.Equal(0, _names.Questions);
    }

    [Fact]
    public async Task What_names_lead_to_counts_as_addresses_of_the_dial()
    {
        await using var network = new TestNetwork();
        var time = new FakeTimeProvider();
        _names.Hosts["many.example"] = [.. Enumerable.Range(1, 9).Select(i => $"9.9.9.{i}")];
        var alice = await network.StartAtAsync("8.8.8.8", o => (o.NameResolver, o.Connections.MaxAddressesPerDial) = (_names, 3), time);
        await Assert.ThrowsAsync<Libp2pException>(() => alice.ConnectAsync(
            _stranger, [Multiaddr.Parse("/ip4/1.1.1.1/tcp/1"), Multiaddr.Parse("/dns4/many.example/tcp/1")], TestContext.Current.CancellationToken));
        Assert.Equal(["/ip4/1.1.1.1/tcp/1", "/ip4/9.9.9.1/tcp/1", "/ip4/9.9.9.2/tcp/1"], network.Internet.Dialed.Select(a => a.ToString()));
    }

    private sealed class RecordingGater : IConnectionGater
    {
        public List<Multiaddr> Asked { get; } = [];

        public bool AllowDial(PeerId? peer, Multiaddr address)
        {
            Asked.Add(address);
            return true;
        }
    }
}
