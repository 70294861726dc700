using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Transports;
using DChat.Libp2p.Transports.Memory;

namespace DChat.Libp2p.Tests.Host;

/// <summary>Code of the application that throws what this library has never heard of: it costs what it was asked about, and nothing else.</summary>
public sealed class ForeignFaultTests
{
    private const string Broken = "/memory/broken";

    [Theory]
    [InlineData("gater", false)]
    [InlineData("gater", true)]
    [InlineData("transport", false)]
    [InlineData("transport", true)]
    [InlineData("matching", false)]
    public async Task A_fault_over_one_address_does_not_end_the_race_of_the_others(string part, bool cancels)
    {
        await using var network = new TestNetwork();
        var faults = new Faults(cancels, isGater: part == "gater");
        var alice = await network.StartAsync("alice", o =>
        {
            o.Gater = faults;
            o.Transports.Clear();
            o.Transports.Add(new FaultyDialer(network.Transport, cancels, part));
        });
        var bob = await network.StartAsync("bob");
        var connection = await alice.ConnectAsync(bob.LocalPeer, [Multiaddr.Parse(Broken), bob.ListenAddresses[0]], TestContext.Current.CancellationToken);
        Assert.Equal(bob.ListenAddresses[0], connection.RemoteAddress);
    }

    [Theory]
    [InlineData("gater", Libp2pErrorCodes.Gated)]
    [InlineData("transport", Libp2pErrorCodes.DialFailed)]
    public async Task A_fault_over_the_only_address_is_one_of_this_library(string part, string code)
    {
        await using var network = new TestNetwork();
        var alice = await network.StartAsync("alice", o =>
        {
            o.Gater = new Faults(cancels: false, isGater: part == "gater");
            o.Transports.Clear();
            o.Transports.Add(new FaultyDialer(network.Transport, cancels: false, part));
        });
        var fault = await Assert.ThrowsAsync<Libp2pException>(
            () => alice.ConnectAsync(TestHosts.SomePeer(), [Multiaddr.Parse(Broken)], TestContext.Current.CancellationToken));
        Assert.Equal(code, fault.Code);
    }

    [Fact]
    public async Task A_filter_that_fails_keeps_no_candidate_and_dials_no_address()
    {
        await using var network = new TestNetwork();
        var alice = await network.StartAsync("alice", o => o.PeerFilter = new Faults(cancels: false));
        var bob = await network.StartAsync("bob");
        Assert.False(alice.Peers.TryAddCandidate(bob.LocalPeer, bob.ListenAddresses));
        var fault = await Assert.ThrowsAsync<Libp2pException>(() => alice.ConnectAsync(bob.Address(), TestContext.Current.CancellationToken));
        Assert.Equal(Libp2pErrorCodes.Gated, fault.Code);
    }

    [Fact]
    public async Task A_manager_that_fails_gives_nobodys_place_away_and_leaves_no_connection_behind()
    {
        await using var network = new TestNetwork();
        using var meters = new Meters();
        var hub = await network.StartAsync("hub", o =>
        {
            o.ConnectionManager = new FaultyManager();
            o.Connections.MaxInbound = 1;
        }, meters: meters);
        var (alice, bob) = (await network.StartAsync("alice"), await network.StartAsync("bob"));
        await alice.ConnectAndIdentifyAsync(hub);
        await Record.ExceptionAsync(() => bob.ConnectAsync(hub.Address(), TestContext.Current.CancellationToken));
        await meters.RefusedAsync(Libp2pErrorCodes.LimitReached);
        await TestHosts.UntilAsync(() => bob.Connections.Count == 0);
        Assert.Equal(alice.LocalPeer, Assert.Single(hub.Connections).RemotePeer);
        Assert.True(alice.Connections[0].IsUsable);

        // Protocols tag peers in the middle of their own work.
        Assert.False(hub.ConnectionManager.SetTag(alice.LocalPeer, "tag", 1));
        Assert.False(hub.ConnectionManager.Protect(alice.LocalPeer, "tag"));
        Assert.Equal(0, hub.ConnectionManager.ValueOf(alice.LocalPeer));
    }

    private static Exception Fault(bool cancels) => cancels ? new OperationCanceledException("A timeout of its own.") : new InvalidOperationException("A bug.");

    private sealed class Faults(bool cancels, bool isGater = true) : IConnectionGater, IPeerFilter
    {
        public bool AllowDial(PeerId? peer, Multiaddr address) => isGater && address.Equals(Multiaddr.Parse(Broken)) ? throw Fault(cancels) : true;

        public bool AcceptCandidate(PeerId peer, IReadOnlyList<Multiaddr> addresses) => throw Fault(cancels);

        public IReadOnlyList<Multiaddr> SelectAddresses(PeerId? peer, IReadOnlyList<Multiaddr> ranked) => throw Fault(cancels);
    }

    private sealed class FaultyDialer(MemoryTransport inner, bool cancels, string part) : ITransport
    {
        public bool Matches(Multiaddr address) =>
            part == "matching" && address.WithoutPeer().Equals(Multiaddr.Parse(Broken)) ? throw Fault(cancels) : inner.Matches(address);

        public ValueTask<ITransportConnection> DialAsync(Multiaddr address, CancellationToken cancellationToken = default) =>
            address.WithoutPeer().Equals(Multiaddr.Parse(Broken)) ? throw Fault(cancels) : inner.DialAsync(address, cancellationToken);

        public ValueTask<ITransportListener> ListenAsync(Multiaddr address, CancellationToken cancellationToken = default) => inner.ListenAsync(address, cancellationToken);
    }

    private sealed class FaultyManager : IConnectionManager
    {
        public bool SetTag(PeerId peer, string tag, int value) => throw Fault(cancels: false);

        public bool RemoveTag(PeerId peer, string tag) => throw Fault(cancels: false);

        public long ValueOf(PeerId peer) => throw Fault(cancels: false);

        public bool Protect(PeerId peer, string tag) => throw Fault(cancels: false);

        public bool Unprotect(PeerId peer, string tag) => throw Fault(cancels: false);

        public bool IsProtected(PeerId peer) => throw Fault(cancels: false);

        public IReadOnlyList<PeerConnection> Rank(IEnumerable<PeerConnection> connections) => throw Fault(cancels: false);

        public IReadOnlyList<PeerConnection> Trim(IReadOnlyList<PeerConnection> connections) => throw Fault(cancels: false);
    }
}
