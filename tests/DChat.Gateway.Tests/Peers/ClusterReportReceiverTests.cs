using DChat.Abstractions.Grains;
using DChat.Core;
using DChat.Gateway.Peers;
using DChat.Testing.Clusters;
using DChat.Testing.Peers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace DChat.Gateway.Tests.Peers;

public sealed class ClusterReportReceiverTests(TestClusterFixture fixture) : IClassFixture<TestClusterFixture>
{
    [Fact]
    public async Task What_a_gateway_says_in_its_silo_is_seen_outside_until_it_leaves()
    {
        var cluster = fixture.Cluster;
        var grains = cluster.Orleans.Silos[0].ServiceProvider.GetRequiredService<IGrainFactory>();
        var receiver = new ClusterReportReceiver(grains, Options.Create(TestCluster.Network), new FakeGatewayPort());
        var update = GatewayReports.Update("gateway", described: 3);

        await receiver.AnnounceAsync(update.Gateway);
        Assert.True(await receiver.ReportAsync(update));

        var directory = cluster.Client.GetGrain<IGatewayDirectoryGrain>(GrainKeys.GatewayDirectory(TestCluster.Network.Network));
        Assert.Equal(["gateway"], (await directory.ListAsync()).Select(gateway => gateway.PeerId));
        var seen = await cluster.Client.GetGrain<IPeerSetGrain>(GrainKeys.PeerSet("gateway")).DescribeAsync();
        Assert.Equal(update.Changed.Select(peer => peer.PeerId), seen?.Peers.Select(peer => peer.PeerId));

        await receiver.LeaveAsync("gateway");
        Assert.Empty(await directory.ListAsync());
    }

    [Fact]
    public async Task Questions_about_the_dht_reach_the_gateway_while_it_reports()
    {
        var cluster = fixture.Cluster;
        var grains = cluster.Orleans.Silos[0].ServiceProvider.GetRequiredService<IGrainFactory>();
        var port = new FakeGatewayPort();
        var receiver = new ClusterReportReceiver(grains, Options.Create(TestCluster.Network), port);
        var peers = cluster.Client.GetGrain<IPeerSetGrain>(GrainKeys.PeerSet("asked"));
        Assert.Null(await peers.DescribeDhtAsync());
        Assert.Null(await peers.FindPeerAsync("peer"));

        Assert.True(await receiver.ReportAsync(GatewayReports.Update("asked", described: 1)));

        Assert.Equivalent(FakeGatewayPort.Dht, await peers.DescribeDhtAsync(), strict: true);
        Assert.Equivalent(FakeGatewayPort.Finding, await peers.FindPeerAsync("peer"), strict: true);
        var fault = await Assert.ThrowsAsync<DChatException>(() => peers.FindPeerAsync("no peer"));
        Assert.Equal("peer-id-malformed", fault.Code);
        GC.KeepAlive(port);
    }

    [Fact]
    public async Task Questions_and_wishes_about_sync_reach_the_gateway()
    {
        var cluster = fixture.Cluster;
        var grains = cluster.Orleans.Silos[0].ServiceProvider.GetRequiredService<IGrainFactory>();
        var port = new FakeGatewayPort();
        var receiver = new ClusterReportReceiver(grains, Options.Create(TestCluster.Network), port);
        var peers = cluster.Client.GetGrain<IPeerSetGrain>(GrainKeys.PeerSet("syncs"));
        Assert.Null(await peers.DescribeSyncAsync());
        Assert.Null(await peers.BeginSyncAsync(null));

        Assert.True(await receiver.ReportAsync(GatewayReports.Update("syncs", described: 1)));

        Assert.Equivalent(FakeGatewayPort.Sync, await peers.DescribeSyncAsync(), strict: true);
        Assert.Equivalent(FakeGatewayPort.Sync, await peers.BeginSyncAsync("peer-b"), strict: true);
        var fault = await Assert.ThrowsAsync<DChatException>(() => peers.BeginSyncAsync("peer-c"));
        Assert.Equal("partner-unknown", fault.Code);
        GC.KeepAlive(port);
    }

    [Fact]
    public async Task Questions_and_wishes_about_circuits_reach_the_gateway()
    {
        var cluster = fixture.Cluster;
        var grains = cluster.Orleans.Silos[0].ServiceProvider.GetRequiredService<IGrainFactory>();
        var port = new FakeGatewayPort();
        var receiver = new ClusterReportReceiver(grains, Options.Create(TestCluster.Network), port);
        var peers = cluster.Client.GetGrain<IPeerSetGrain>(GrainKeys.PeerSet("circuits"));
        Assert.Null(await peers.DescribeCircuitsAsync());
        Assert.Null(await peers.ReserveCircuitAsync(FakeGatewayPort.CircuitRelay.Address));
        Assert.Null(await peers.ReleaseCircuitAsync("peer"));

        Assert.True(await receiver.ReportAsync(GatewayReports.Update("circuits", described: 1)));

        Assert.Equivalent(FakeGatewayPort.Circuits, await peers.DescribeCircuitsAsync(), strict: true);
        Assert.Equivalent(FakeGatewayPort.CircuitRelay, await peers.ReserveCircuitAsync(FakeGatewayPort.CircuitRelay.Address), strict: true);
        Assert.True((await peers.ReleaseCircuitAsync("peer"))?.WasKnown);
        Assert.False((await peers.ReleaseCircuitAsync("another"))?.WasKnown);
        var fault = await Assert.ThrowsAsync<DChatException>(() => peers.ReserveCircuitAsync("no relay"));
        Assert.Equal("relay-address-malformed", fault.Code);
        GC.KeepAlive(port);
    }
}
