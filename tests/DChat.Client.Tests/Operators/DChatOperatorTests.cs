using DChat.Abstractions.Messages;
using DChat.Client.Devices;
using DChat.Client.Tests.Fakes;
using DChat.Testing.Peers;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Client.Tests.Operators;

public sealed class DChatOperatorTests : IAsyncDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    private readonly FakeTimeProvider _time = FakeTime.Create();
    private readonly FakeCluster _cluster = new();
    private readonly InMemoryDeviceStore _store = new();
    private readonly TestClient _client;

    public DChatOperatorTests() => _client = new TestClient(_cluster, _store, _time);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        _store.Dispose();
    }

    [Fact]
    public async Task Gateways_and_peers_are_asked_for_again_while_no_silo_answers()
    {
        _cluster.Gateways.Add(GatewayReports.Gateway("gateway"));
        _cluster.PeerSets["gateway"] = GatewayReports.Report("gateway", described: 1);
        _cluster.IsDown = true;
        var listing = _client.Operator.ListGatewaysAsync(Token);
        var describing = _client.Operator.DescribePeersAsync("gateway", Token);
        _time.Advance(Step);
        Assert.False(listing.IsCompleted || describing.IsCompleted);

        _cluster.IsDown = false;

        Assert.Equal(["gateway"], (await _time.UntilAsync(listing, Step)).Select(gateway => gateway.PeerId));
        Assert.Equal(1, (await _time.UntilAsync(describing, Step))?.TotalPeers);
        Assert.Null(await _client.Operator.DescribePeersAsync("another", Token));
        await Assert.ThrowsAsync<ArgumentException>(() => _client.Operator.DescribePeersAsync("", Token));
    }

    [Fact]
    public async Task The_dht_is_asked_for_by_gateway()
    {
        var dht = new DhtDescription("gateway", "/dchat/kad/1.0.0", isServing: true, isReady: true, [], []);
        _cluster.Dhts["gateway"] = dht;
        _cluster.Findings["peer"] = new DhtFinding("peer", ["/ip4/192.0.2.1/tcp/4001"], relay: null);

        Assert.Same(dht, await _client.Operator.DescribeDhtAsync("gateway", Token));
        Assert.Equal(["/ip4/192.0.2.1/tcp/4001"], (await _client.Operator.FindPeerAsync("gateway", "peer", Token))?.Addresses!);
        Assert.Null(await _client.Operator.DescribeDhtAsync("another", Token));
        Assert.Null(await _client.Operator.FindPeerAsync("another", "peer", Token));
        await Assert.ThrowsAsync<ArgumentException>(() => _client.Operator.DescribeDhtAsync("", Token));
        await Assert.ThrowsAsync<ArgumentException>(() => _client.Operator.FindPeerAsync("", "peer", Token));
        await Assert.ThrowsAsync<ArgumentException>(() => _client.Operator.FindPeerAsync("gateway", "", Token));
    }

    [Fact]
    public async Task Sync_is_asked_for_and_begun_by_gateway()
    {
        var sync = new SyncDescription("gateway", [], Served: 3);
        _cluster.Syncs["gateway"] = sync;

        Assert.Same(sync, await _client.Operator.DescribeSyncAsync("gateway", Token));
        Assert.Same(sync, await _client.Operator.BeginSyncAsync("gateway", "peer", Token));
        Assert.Equal([("gateway", "peer")], _cluster.SyncsBegun);
        Assert.Null(await _client.Operator.DescribeSyncAsync("another", Token));
        Assert.Null(await _client.Operator.BeginSyncAsync("another", null, Token));
        await Assert.ThrowsAsync<ArgumentException>(() => _client.Operator.DescribeSyncAsync("", Token));
        await Assert.ThrowsAsync<ArgumentException>(() => _client.Operator.BeginSyncAsync("", null, Token));
    }

    [Fact]
    public async Task Circuits_are_asked_for_and_reserved_by_gateway()
    {
        const string Relay = "/ip4/192.0.2.1/tcp/4001/p2p/relay";
        var circuits = new CircuitDescription("gateway", true, new CircuitLimitsDescription(1, 1, 1, 1, TimeSpan.Zero, 0), [], 0, 0, [], [], []);
        _cluster.Circuits["gateway"] = circuits;
        _cluster.CircuitRelays[Relay] = new CircuitRelayDescription(Relay, "reserved", isNamed: true);

        Assert.Same(circuits, await _client.Operator.DescribeCircuitsAsync("gateway", Token));
        Assert.Equal("reserved", (await _client.Operator.ReserveCircuitAsync("gateway", Relay, Token))?.State);
        Assert.True(await _client.Operator.ReleaseCircuitAsync("gateway", "relay", Token));
        Assert.Null(await _client.Operator.DescribeCircuitsAsync("another", Token));
        Assert.Null(await _client.Operator.ReserveCircuitAsync("another", Relay, Token));
        Assert.Null(await _client.Operator.ReleaseCircuitAsync("another", "relay", Token));
        await Assert.ThrowsAsync<ArgumentException>(() => _client.Operator.DescribeCircuitsAsync("", Token));
        await Assert.ThrowsAsync<ArgumentException>(() => _client.Operator.ReserveCircuitAsync("gateway", "", Token));
        await Assert.ThrowsAsync<ArgumentException>(() => _client.Operator.ReleaseCircuitAsync("gateway", "", Token));
    }
}
