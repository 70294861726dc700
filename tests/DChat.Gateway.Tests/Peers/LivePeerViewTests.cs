using DChat.Abstractions.Messages;
using DChat.Core.Protocol;
using DChat.Core.Topics;
using DChat.Gateway.Peers;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Protocols.Gossip;
using DChat.Libp2p.Transports.Memory;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Gateway.Tests.Peers;

/// <summary>What is seen of real connections; only what peers want is made up.</summary>
public sealed class LivePeerViewTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly MemoryTransport _transport = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
    private readonly NetworkOptions _network = new() { Network = "dchat-test" };
    private readonly Queue<GossipSubscriptionChange> _wishes = [];
    private Libp2pHost _gateway = null!;
    private Libp2pHost _peer = null!;

    public async ValueTask InitializeAsync()
    {
        _gateway = await StartAsync("gateway", "dchat-orleans/0.1.0");
        _peer = await StartAsync("peer", "test-peer/1\u001b[2J");
    }

    public async ValueTask DisposeAsync()
    {
        await _peer.DisposeAsync();
        await _gateway.DisposeAsync();
    }

    [Fact]
    public void A_gateway_without_peers_describes_itself()
    {
        using var view = View("");
        _time.Advance(TimeSpan.FromMinutes(1));

        var description = view.Look();

        Assert.Equal(_gateway.LocalPeer.ToString(), view.Gateway);
        Assert.Equivalent(
            new GatewayDescription(
                view.Gateway, "edge-1", "relay", [$"/memory/gateway/p2p/{view.Gateway}"], peerCount: 0, _time.Start),
            description,
            strict: true);
        Assert.Empty(view.Peers.Next().Changed);
    }

    [Fact]
    public void The_addresses_to_announce_stand_in_for_those_listened_on()
    {
        using var view = View("/ip4/192.0.2.1/tcp/4001, /dns4/chat.example.org/tcp/4001");

        Assert.Equal(
            [$"/ip4/192.0.2.1/tcp/4001/p2p/{_gateway.LocalPeer}", $"/dns4/chat.example.org/tcp/4001/p2p/{_gateway.LocalPeer}"],
            view.Look().Addresses);
    }

    [Fact]
    public async Task A_connected_peer_is_seen_with_its_agent_and_its_shards_and_gone_when_it_left()
    {
        using var events = _gateway.Subscribe();
        using var view = View("");
        _wishes.Enqueue(new GossipSubscriptionChange(_peer.LocalPeer, GossipTopics.Of(_network, new ShardId(5)), IsSubscribed: true));
        await _peer.ConnectAsync(_gateway.ListenAddresses[0].WithPeer(_gateway.LocalPeer), TestContext.Current.CancellationToken);
        await NextAsync<PeerEvent.Identified>(events);

        var description = view.Look();

        Assert.Equal(1, description.PeerCount);
        var seen = Assert.Single(view.Peers.Next().Changed);
        Assert.Equal(
            (_peer.LocalPeer.ToString(), PeerDirection.Inbound, "test-peer/1[2J", _time.Start),
            (seen.PeerId, seen.Direction, seen.AgentVersion, seen.ConnectedSince));
        Assert.Equal(_gateway.Connections[0].RemoteAddress.ToString(), seen.RemoteAddress);
        Assert.Equal([5], seen.Shards.Select(shard => (int)shard.Value));

        await _peer.DisconnectAsync(_gateway.LocalPeer);
        await NextAsync<PeerEvent.ConnectionClosed>(events);
        Assert.Equal(0, view.Look().PeerCount);
        Assert.Equal([_peer.LocalPeer.ToString()], view.Peers.Next().Removed);
    }

    [Fact]
    public async Task Peers_that_were_connected_before_are_seen_too()
    {
        using var events = _gateway.Subscribe();
        var address = _gateway.ListenAddresses[0].WithPeer(_gateway.LocalPeer);
        await _peer.ConnectAsync(address, TestContext.Current.CancellationToken);
        await NextAsync<PeerEvent.Identified>(events);
        using var view = View("");

        view.Look();

        Assert.Equal(_gateway.Connections[0].RemoteAddress.ToString(), Assert.Single(view.Peers.Next().Changed).RemoteAddress);
    }

    private LivePeerView View(string announce) => new(
        _gateway,
        () => _wishes.TryDequeue(out var wish) ? wish : null,
        () => [],
        _network,
        new GatewayOptions { Announce = announce },
        "edge-1",
        "relay",
        firstNumber: 0,
        _time);

    private async Task<Libp2pHost> StartAsync(string name, string agent)
    {
        var options = new Libp2pOptions { AgentVersion = agent };
        options.Transports.Clear();
        options.Transports.Add(_transport);
        options.ListenAddresses.Add(Multiaddr.Parse($"/memory/{name}"));
        var host = new Libp2pHost(options, _time);
        await host.StartAsync(TestContext.Current.CancellationToken);
        return host;
    }

    private static async Task NextAsync<T>(PeerEventSubscription events)
        where T : PeerEvent
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        giveUp.CancelAfter(Patience);
        await foreach (var occurred in events.WithCancellation(giveUp.Token))
        {
            if (occurred is T)
            {
                return;
            }
        }

        Assert.Fail($"The events ended without {typeof(T).Name}.");
    }
}
