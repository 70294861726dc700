using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Core;
using DChat.Core.Topics;
using DChat.Testing.Clusters;
using DChat.Testing.Peers;

namespace DChat.Cluster.Tests.PeerSet;

public sealed class PeerSetGrainTests(FakeTimeCluster fixture) : IClassFixture<FakeTimeCluster>
{
    private readonly TestCluster _cluster = fixture.Cluster;

    [Fact]
    public async Task A_report_is_read_back_whole_by_an_outside_client()
    {
        var peer = new PeerDescription(
            "peer",
            "/ip4/127.0.0.1/tcp/1",
            PeerDirection.Outbound,
            agentVersion: null,
            new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
            roundTripMilliseconds: null,
            new ShardSet([new ShardId(0), new ShardId(4095)]));
        var known = GatewayReports.Report("whole", described: 2, total: 9);
        await Inside("whole").ReportAsync(new PeerSetReport(known.Gateway, known.ReportedAt, known.TotalPeers, [.. known.Peers, peer]));

        var report = await Outside("whole").DescribeAsync();

        Assert.NotNull(report);
        Assert.Equivalent(known.Gateway, report.Gateway, strict: true);
        Assert.Equal((known.ReportedAt, 9), (report.ReportedAt, report.TotalPeers));
        Assert.Equivalent(GatewayReports.Peer(1), report.Peers[1], strict: true);
        Assert.Equivalent(peer, report.Peers[2], strict: true);
        Assert.Equal([0, 4095], report.Peers[2].Shards.Select(shard => (int)shard.Value));
    }

    [Fact]
    public async Task Without_a_report_there_is_nothing_to_describe() => Assert.Null(await Outside("nobody").DescribeAsync());

    [Fact]
    public async Task A_report_counts_for_its_lifetime_and_no_longer_and_a_new_one_counts_again()
    {
        await Inside("stale").ReportAsync(GatewayReports.Report("stale", 1));

        fixture.Time.Advance(GatewayLiveness.Lifetime);
        Assert.NotNull(await Outside("stale").DescribeAsync());
        fixture.Time.Advance(TimeSpan.FromTicks(1));
        Assert.Null(await Outside("stale").DescribeAsync());

        await Inside("stale").ReportAsync(GatewayReports.Report("stale", 2));
        Assert.Equal(2, (await Outside("stale").DescribeAsync())?.TotalPeers);
    }

    [Fact]
    public async Task Callers_outside_the_cluster_are_kept_off_reporting()
    {
        await Inside("guarded").ReportAsync(GatewayReports.Report("guarded", 1));

        var error = await Assert.ThrowsAsync<DChatException>(() => Outside("guarded").ReportAsync(GatewayReports.Report("guarded", 5)));

        Assert.Equal("cluster-only", error.Code);
        Assert.Equal(1, (await Outside("guarded").DescribeAsync())?.TotalPeers);
    }

    [Fact]
    public async Task A_report_at_the_limit_is_taken_and_one_beyond_is_refused()
    {
        await Inside("full").ReportAsync(GatewayReports.Report("full", PeerSetReport.MaxPeers));

        var error = await Assert.ThrowsAsync<DChatException>(
            () => Inside("full").ReportAsync(GatewayReports.Report("full", PeerSetReport.MaxPeers + 1)));

        Assert.Equal("report-malformed", error.Code);
        Assert.Equal(PeerSetReport.MaxPeers, (await Outside("full").DescribeAsync())?.Peers.Length);
    }

    [Theory]
    [InlineData(PeerDescription.MaxAgentVersionLength, false)]
    [InlineData(PeerDescription.MaxAgentVersionLength + 1, true)]
    public async Task An_agent_version_beyond_its_limit_is_refused(int length, bool isRefused)
    {
        var report = new PeerSetReport(
            GatewayReports.Gateway("agent"), DateTimeOffset.UnixEpoch, 1, [GatewayReports.Peer(0, agent: new string('a', length))]);

        var error = await Record.ExceptionAsync(() => Inside("agent").ReportAsync(report));

        Assert.Equal(isRefused ? "report-malformed" : null, (error as DChatException)?.Code);
        Assert.Equal(isRefused, error is not null);
    }

    [Fact]
    public async Task The_report_of_another_gateway_is_refused()
    {
        var error = await Assert.ThrowsAsync<DChatException>(() => Inside("mine").ReportAsync(GatewayReports.Report("theirs", 1)));

        Assert.Equal("report-malformed", error.Code);
        Assert.Null(await Outside("mine").DescribeAsync());
    }

    private IPeerSetGrain Inside(string gateway) => _cluster.SiloClient.GetGrain<IPeerSetGrain>(GrainKeys.PeerSet(gateway));

    private IPeerSetGrain Outside(string gateway) => _cluster.Client.GetGrain<IPeerSetGrain>(GrainKeys.PeerSet(gateway));
}
