using DChat.Abstractions.Grains;
using DChat.Core;
using DChat.Testing.Clusters;
using DChat.Testing.Peers;

namespace DChat.Cluster.Tests.Gateways;

public sealed class GatewayDirectoryGrainTests(FakeTimeCluster fixture) : IClassFixture<FakeTimeCluster>
{
    private readonly TestCluster _cluster = fixture.Cluster;

    private IGatewayDirectoryGrain Outside => Directory(_cluster.Client);

    private IGatewayDirectoryGrain Inside => Directory(_cluster.SiloClient);

    [Fact]
    public async Task A_gateway_that_announced_itself_is_listed_to_everybody_until_it_leaves()
    {
        await Inside.AnnounceAsync(GatewayReports.Gateway("one", peers: 3));

        var listed = Assert.Single(await Outside.ListAsync(), gateway => gateway.PeerId == "one");
        Assert.Equivalent(GatewayReports.Gateway("one", peers: 3), listed, strict: true);

        await Inside.LeaveAsync("one");
        Assert.DoesNotContain(await Outside.ListAsync(), gateway => gateway.PeerId == "one");
    }

    [Fact]
    public async Task A_gateway_that_fell_silent_is_forgotten()
    {
        await Inside.AnnounceAsync(GatewayReports.Gateway("silent"));

        fixture.Time.Advance(GatewayLiveness.Lifetime);
        Assert.Contains(await Outside.ListAsync(), gateway => gateway.PeerId == "silent");
        fixture.Time.Advance(TimeSpan.FromTicks(1));
        Assert.DoesNotContain(await Outside.ListAsync(), gateway => gateway.PeerId == "silent");
    }

    [Fact]
    public async Task Callers_outside_the_cluster_change_nothing()
    {
        await Inside.AnnounceAsync(GatewayReports.Gateway("kept"));

        var announce = await Assert.ThrowsAsync<DChatException>(() => Outside.AnnounceAsync(GatewayReports.Gateway("forged")));
        var leave = await Assert.ThrowsAsync<DChatException>(() => Outside.LeaveAsync("kept"));

        Assert.Equal(("cluster-only", false), (announce.Code, announce.IsTransient));
        Assert.Equal(("cluster-only", false), (leave.Code, leave.IsTransient));
        var listed = (await Outside.ListAsync()).Select(gateway => gateway.PeerId).ToArray();
        Assert.Contains("kept", listed);
        Assert.DoesNotContain("forged", listed);
        await Inside.LeaveAsync("kept");
    }

    [Fact]
    public async Task A_gateway_beyond_the_limit_is_refused_for_now()
    {
        fixture.Time.Advance(GatewayLiveness.Lifetime + TimeSpan.FromTicks(1));
        for (var i = 0; i < IGatewayDirectoryGrain.MaxGateways; i++)
        {
            await Inside.AnnounceAsync(GatewayReports.Gateway($"gateway-{i}"));
        }

        var refused = await Assert.ThrowsAsync<DChatException>(() => Inside.AnnounceAsync(GatewayReports.Gateway("beyond")));

        Assert.Equal(("too-many-gateways", true), (refused.Code, refused.IsTransient));
        Assert.Equal(IGatewayDirectoryGrain.MaxGateways, (await Outside.ListAsync()).Length);
        fixture.Time.Advance(GatewayLiveness.Lifetime + TimeSpan.FromTicks(1));
    }

    [Fact]
    public async Task The_directory_of_another_network_is_refused()
    {
        var error = await Assert.ThrowsAsync<DChatException>(() => _cluster.Client.GetGrain<IGatewayDirectoryGrain>("other").ListAsync());

        Assert.Equal("wrong-network", error.Code);
    }

    private static IGatewayDirectoryGrain Directory(IGrainFactory grains) =>
        grains.GetGrain<IGatewayDirectoryGrain>(GrainKeys.GatewayDirectory(TestCluster.Network.Network));
}
