using DChat.Abstractions.Grains;
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
        var receiver = new ClusterReportReceiver(grains, Options.Create(TestCluster.Network));
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
}
