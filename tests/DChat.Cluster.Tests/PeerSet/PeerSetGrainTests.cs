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
        Assert.True(await Inside("whole").ReportAsync(
            GatewayReports.Update("whole", number: 1, from: null, [GatewayReports.Peer(1), peer], total: 9)));

        var report = await Outside("whole").DescribeAsync();

        Assert.NotNull(report);
        Assert.Equivalent(GatewayReports.Gateway("whole", 9), report.Gateway, strict: true);
        Assert.Equal((GatewayReports.Report("whole", 0).ReportedAt, 9), (report.ReportedAt, report.TotalPeers));
        Assert.Equivalent(peer, report.Peers[0], strict: true);
        Assert.Equivalent(GatewayReports.Peer(1), report.Peers[1], strict: true);
        Assert.Equal([0, 4095], report.Peers[0].Shards.Select(shard => (int)shard.Value));
    }

    [Fact]
    public async Task Updates_change_what_is_read_back_and_one_that_changes_nothing_keeps_it()
    {
        var gateway = Inside("changing");
        Assert.True(await gateway.ReportAsync(GatewayReports.Update("changing", described: 3)));
        Assert.Equal(3, (await gateway.DescribeAsync())?.Peers.Length);

        var changed = GatewayReports.Peer(0, agent: "new/1");
        Assert.True(await gateway.ReportAsync(GatewayReports.Update("changing", number: 2, from: 1, [changed], total: 2, ["peer-0001"])));
        Assert.True(await gateway.ReportAsync(GatewayReports.Update("changing", number: 2, from: 2, [], total: 2)));

        var report = await gateway.DescribeAsync();
        Assert.NotNull(report);
        Assert.Equal((2, 2), (report.TotalPeers, report.Gateway.PeerCount));
        Assert.Equal([("peer-0000", "new/1"), ("peer-0002", "js-libp2p/3.3.11")], report.Peers.Select(peer => (peer.PeerId, peer.AgentVersion!)));
    }

    [Fact]
    public async Task Pieces_of_a_report_that_is_never_whole_do_not_keep_the_one_before_it()
    {
        var gateway = Inside("pieces");
        Assert.True(await gateway.ReportAsync(GatewayReports.Update("pieces", described: 3)));
        for (var number = 2; number <= 4; number++)
        {
            fixture.Time.Advance(GatewayLiveness.Lifetime / 2);
            Assert.True(await gateway.ReportAsync(GatewayReports.Update("pieces", described: 1, number: number, hasMore: true)));
        }

        Assert.Null(await gateway.DescribeAsync());
        Assert.True(await gateway.ReportAsync(GatewayReports.Update("pieces", number: 5, from: 4, [GatewayReports.Peer(7)], total: 2)));
        Assert.Equal(2, (await gateway.DescribeAsync())?.Peers.Length);
    }

    [Fact]
    public async Task An_update_whose_base_the_grain_lacks_asks_for_the_whole_set()
    {
        Assert.False(await Inside("anew").ReportAsync(GatewayReports.Update("anew", number: 8, from: 8, [], total: 1)));
        Assert.Null(await Outside("anew").DescribeAsync());

        Assert.True(await Inside("anew").ReportAsync(GatewayReports.Update("anew", described: 1)));
        Assert.False(await Inside("anew").ReportAsync(GatewayReports.Update("anew", number: 3, from: 2, [], total: 0, ["peer-0000"])));
        Assert.Single((await Outside("anew").DescribeAsync())!.Peers);
    }

    [Fact]
    public async Task A_set_that_comes_in_pieces_shows_when_it_is_whole_and_the_former_one_until_then()
    {
        var gateway = Inside("pieces");
        await gateway.ReportAsync(GatewayReports.Update("pieces", described: 1));
        Assert.Single((await gateway.DescribeAsync())!.Peers);

        await gateway.ReportAsync(GatewayReports.Update("pieces", described: 2, total: 3, number: 5, hasMore: true));
        Assert.Single((await gateway.DescribeAsync())!.Peers);
        await gateway.ReportAsync(GatewayReports.Update("pieces", number: 6, from: 5, [GatewayReports.Peer(2)], total: 3));

        Assert.Equal(["peer-0000", "peer-0001", "peer-0002"], (await gateway.DescribeAsync())!.Peers.Select(peer => peer.PeerId));
    }

    [Theory]
    [InlineData(PeerSetReport.MaxPeers)]
    [InlineData(PeerSetReport.MaxPeers + 1)]
    public async Task Peers_up_to_the_limit_are_described_the_longest_connected_first(int count)
    {
        var gateway = Inside($"many-{count}");
        for (var (sent, number) = (0, 1L); sent < count; number++)
        {
            // The latest first.
            var piece = Enumerable.Range(sent, Math.Min(PeerSetUpdate.MaxPeers, count - sent)).Select(place => GatewayReports.Peer(count - place)).ToArray();
            sent += piece.Length;
            Assert.True(await gateway.ReportAsync(GatewayReports.Update(
                $"many-{count}", number, number == 1 ? null : number - 1, piece, count, hasMore: sent < count)));
        }

        var report = await gateway.DescribeAsync();
        Assert.Equal(count, report!.TotalPeers);
        Assert.Equal(Enumerable.Range(1, PeerSetReport.MaxPeers).Select(number => GatewayReports.Peer(number).PeerId), report.Peers.Select(peer => peer.PeerId));
    }

    [Fact]
    public async Task Without_a_report_there_is_nothing_to_describe() => Assert.Null(await Outside("nobody").DescribeAsync());

    [Fact]
    public async Task A_report_counts_for_its_lifetime_and_no_longer_and_a_new_one_counts_again()
    {
        await Inside("stale").ReportAsync(GatewayReports.Update("stale", 1));

        fixture.Time.Advance(GatewayLiveness.Lifetime);
        Assert.NotNull(await Outside("stale").DescribeAsync());
        fixture.Time.Advance(TimeSpan.FromTicks(1));
        Assert.Null(await Outside("stale").DescribeAsync());

        await Inside("stale").ReportAsync(GatewayReports.Update("stale", 2, number: 9));
        Assert.Equal(2, (await Outside("stale").DescribeAsync())?.TotalPeers);
    }

    [Fact]
    public async Task Callers_outside_the_cluster_are_kept_off_reporting()
    {
        await Inside("guarded").ReportAsync(GatewayReports.Update("guarded", 1));

        var error = await Assert.ThrowsAsync<DChatException>(() => Outside("guarded").ReportAsync(GatewayReports.Update("guarded", 5)));

        Assert.Equal("cluster-only", error.Code);
        Assert.Equal(1, (await Outside("guarded").DescribeAsync())?.TotalPeers);
    }

    [Fact]
    public async Task An_update_at_the_limit_is_taken_and_one_beyond_is_refused()
    {
        await Inside("full").ReportAsync(GatewayReports.Update("full", PeerSetUpdate.MaxPeers));

        await Refused(GatewayReports.Update("full", PeerSetUpdate.MaxPeers + 1, number: 2));
        await Refused(GatewayReports.Update("full", number: 2, from: 1, [GatewayReports.Peer(0)], 1, [.. Enumerable.Repeat("gone", PeerSetUpdate.MaxPeers)]));
        await Refused(GatewayReports.Update("full", described: 1, total: PeerSetUpdate.MaxPeersOfGateway + 1, number: 2));
        Assert.Equal(PeerSetUpdate.MaxPeers, (await Outside("full").DescribeAsync())?.Peers.Length);

        async Task Refused(PeerSetUpdate update) =>
            Assert.Equal("report-malformed", (await Assert.ThrowsAsync<DChatException>(() => Inside("full").ReportAsync(update))).Code);
    }

    [Theory]
    [InlineData(PeerDescription.MaxAgentVersionLength, false)]
    [InlineData(PeerDescription.MaxAgentVersionLength + 1, true)]
    public async Task An_agent_version_beyond_its_limit_is_refused(int length, bool isRefused)
    {
        var update = GatewayReports.Update("agent", number: 1, from: null, [GatewayReports.Peer(0, agent: new string('a', length))], total: 1);

        var error = await Record.ExceptionAsync(() => Inside("agent").ReportAsync(update));

        Assert.Equal(isRefused ? "report-malformed" : null, (error as DChatException)?.Code);
        Assert.Equal(isRefused, error is not null);
    }

    [Fact]
    public async Task The_report_of_another_gateway_is_refused()
    {
        var error = await Assert.ThrowsAsync<DChatException>(() => Inside("mine").ReportAsync(GatewayReports.Update("theirs", 1)));

        Assert.Equal("report-malformed", error.Code);
        Assert.Null(await Outside("mine").DescribeAsync());
    }

    private IPeerSetGrain Inside(string gateway) => _cluster.SiloClient.GetGrain<IPeerSetGrain>(GrainKeys.PeerSet(gateway));

    private IPeerSetGrain Outside(string gateway) => _cluster.Client.GetGrain<IPeerSetGrain>(GrainKeys.PeerSet(gateway));
}
