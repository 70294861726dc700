using System.Net;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Multiformats;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Tests.Host;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Libp2p.Tests.Swarm;

public sealed class RefusedPeersTests : IAsyncDisposable
{
    private static readonly Multiaddr Address = Multiaddr.Parse("/ip4/1.2.3.4/tcp/1");
    private static readonly IPNetwork[] Networks = [IPNetwork.Parse("1.2.3.4/32")];

    private readonly FakeTimeProvider _time = new();
    private readonly TestNetwork _network = new();

    public ValueTask DisposeAsync() => _network.DisposeAsync();

    [Fact]
    public void A_refused_peer_is_neither_dialed_nor_taken_on_until_its_time_is_over()
    {
        var refused = new RefusedPeers(new Everyone(), _time);
        var peer = Peer(0);
        refused.Refuse(peer, Networks, TimeSpan.FromMinutes(10));
        _time.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromTicks(1));
        Assert.False(refused.AllowDial(peer, Address));
        Assert.False(refused.AllowConnection(peer, Direction.Inbound, Address));
        Assert.False(refused.AllowConnection(peer, Direction.Outbound, Address));
        Assert.True(refused.AllowConnection(Peer(1), Direction.Inbound, Address));
        Assert.True(refused.AllowDial(null, Address));
        Assert.True(refused.AllowInbound(Address));
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.True(refused.AllowDial(peer, Address));
        Assert.True(refused.AllowConnection(peer, Direction.Inbound, Address));
        Assert.Equal(0, refused.Count);
    }

    [Fact]
    public void A_second_refusal_may_make_the_time_longer_and_never_shorter()
    {
        var refused = new RefusedPeers(new Everyone(), _time);
        refused.Refuse(Peer(0), Networks, TimeSpan.FromMinutes(2));
        refused.Refuse(Peer(0), Networks, TimeSpan.FromMinutes(1));
        _time.Advance(TimeSpan.FromSeconds(90));
        Assert.Equal(1, refused.Count);
        refused.Refuse(Peer(0), Networks, TimeSpan.FromMinutes(2));
        _time.Advance(TimeSpan.FromSeconds(90));
        Assert.Equal(1, refused.Count);
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(0, refused.Count);
    }

    [Fact]
    public void A_network_with_too_many_refused_peers_is_refused_until_they_are_fewer()
    {
        var refused = new RefusedPeers(new Everyone(), _time);
        for (var i = 0; i < RefusedPeers.MaxPerNetwork; i++)
        {
            Assert.True(refused.AllowInbound(Address));
            refused.Refuse(Peer(i), Networks, TimeSpan.FromMinutes(i + 1));
            refused.Refuse(Peer(i), Networks, TimeSpan.FromMinutes(i + 1));
        }

        Assert.False(refused.AllowInbound(Address));
        Assert.True(refused.AllowInbound(Multiaddr.Parse("/ip4/1.2.3.5/tcp/1")));
        Assert.True(refused.AllowInbound(Multiaddr.Parse("/memory/1")));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.True(refused.AllowInbound(Address));
        Assert.False(refused.AllowConnection(Peer(1), Direction.Inbound, Address));
    }

    [Fact]
    public void When_there_are_too_many_those_that_end_first_are_let_go()
    {
        var refused = new RefusedPeers(new Everyone(), _time);
        for (var i = 0; i < RefusedPeers.MaxPeers; i++)
        {
            refused.Refuse(Peer(i), [], TimeSpan.FromMinutes(i == 7 ? 1 : 2));
        }

        Assert.Equal(RefusedPeers.MaxPeers, refused.Count);
        Assert.False(refused.AllowDial(Peer(7), Address));
        refused.Refuse(Peer(RefusedPeers.MaxPeers), [], TimeSpan.FromMinutes(2));
        Assert.Equal(RefusedPeers.MaxPeers, refused.Count);
        Assert.True(refused.AllowDial(Peer(7), Address));
        Assert.False(refused.AllowDial(Peer(8), Address));
    }

    [Fact]
    public void What_is_not_refused_is_the_gaters_to_decide()
    {
        var refused = new RefusedPeers(new Nobody(), _time);
        Assert.False(refused.AllowDial(Peer(0), Address));
        Assert.False(refused.AllowInbound(Address));
        Assert.False(refused.AllowConnection(Peer(0), Direction.Inbound, Address));
    }

    [Fact]
    public async Task A_host_that_refuses_a_peer_closes_its_connection_and_takes_it_back_when_the_time_is_over()
    {
        var host = await _network.StartAsync("host", time: _time);
        var peer = await _network.StartAsync("peer");
        using var events = host.Subscribe();
        var connection = await peer.ConnectAsync(host.Address(), TestContext.Current.CancellationToken);
        await events.NextAsync<PeerEvent.ConnectionOpened>();
        await host.RefuseAsync(peer.LocalPeer, TimeSpan.FromMinutes(10));
        await events.NextAsync<PeerEvent.ConnectionClosed>();
        await connection.Closed.WaitAsync(TestNetwork.Patience, TestContext.Current.CancellationToken);
        Assert.Empty(host.ConnectionsTo(peer.LocalPeer));

        var dialed = await Assert.ThrowsAsync<Libp2pException>(() => host.ConnectAsync(peer.Address(), TestContext.Current.CancellationToken));
        Assert.Equal(Libp2pErrorCodes.Gated, dialed.Code);

        // The handshake succeeds, since only it says who the peer is; then the host closes.
        var again = await peer.ConnectAsync(host.Address(), TestContext.Current.CancellationToken);
        await again.Closed.WaitAsync(TestNetwork.Patience, TestContext.Current.CancellationToken);

        _time.Advance(TimeSpan.FromMinutes(10));
        await host.ConnectAsync(peer.Address(), TestContext.Current.CancellationToken);
        Assert.Single(host.ConnectionsTo(peer.LocalPeer));
    }

    private static PeerId Peer(int number) => PeerId.FromBytes(Multihash.Sha256(BitConverter.GetBytes(number)));

    private sealed class Everyone : IConnectionGater;

    private sealed class Nobody : IConnectionGater
    {
        public bool AllowDial(PeerId? peer, Multiaddr address) => false;

        public bool AllowInbound(Multiaddr remoteAddress) => false;

        public bool AllowConnection(PeerId peer, Direction direction, Multiaddr remoteAddress) => false;
    }
}
