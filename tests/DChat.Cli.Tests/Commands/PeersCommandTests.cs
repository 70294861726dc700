using System.Text.Json;
using DChat.Abstractions.Messages;
using DChat.Cli.Session;
using DChat.Client.Devices;
using DChat.Client.Tests.Fakes;
using DChat.Core.Topics;
using DChat.Testing.Peers;

namespace DChat.Cli.Tests.Commands;

public sealed class PeersCommandTests : IDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("dchat-").FullName;
    private readonly FakeCluster _cluster = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public void Dispose()
    {
        Directory.Delete(_home, recursive: true);
        _output.Dispose();
        _error.Dispose();
    }

    [Fact]
    public async Task Each_gateway_is_shown_with_its_peers_below_it()
    {
        Add(GatewayReports.Report("gateway-a", described: 2));
        Add(GatewayReports.Report("gateway-b", described: 1));

        Assert.Equal(0, await RunAsync("peers"));

        var lines = _output.ToString().Split('\n');
        Assert.Matches(@"^gateway gateway-a in silo edge-1: 2 peers, up since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d", lines[0]);
        Assert.Equal($"  relay {new string('a', 64)}", lines[1].TrimEnd());
        Assert.Equal("  /ip4/127.0.0.1/tcp/4001/p2p/gateway-a", lines[2].TrimEnd());
        Assert.Matches("^ +peer +address +direction +agent +connected since +round trip +shards +mesh +score *$", lines[3].TrimEnd());
        Assert.Matches(
            @"^ +peer-0000 +/ip4/127\.0\.0\.1/tcp/50000 +in +js-libp2p/3\.3\.11 +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +1\.3 ms +1-3 +- +-$", lines[4].TrimEnd());
        Assert.StartsWith("peer-0001 ", lines[5].Trim(), StringComparison.Ordinal);
        Assert.StartsWith("gateway gateway-b in silo edge-1: 1 peers, ", lines[6], StringComparison.Ordinal);
        Assert.StartsWith("peer-0000 ", lines[10].Trim(), StringComparison.Ordinal);
        Assert.Equal("", _error.ToString());
    }

    [Fact]
    public async Task What_is_not_known_of_a_peer_is_a_dash_and_shards_are_ranges()
    {
        var shards = GatewayReports.Shards(0, 2, 3, 4, 9);
        Add(
            new PeerDescription("one", "/ip4/127.0.0.1/tcp/1", PeerDirection.Outbound, agentVersion: null, DateTimeOffset.UnixEpoch, null, shards, -12.5, GatewayReports.Shards(2, 3)),
            new PeerDescription("two", "/ip4/127.0.0.1/tcp/2", PeerDirection.Inbound, agentVersion: null, DateTimeOffset.UnixEpoch, 0.04, ShardSet.Empty, -90, ShardSet.Empty, isGraylisted: true));

        await RunAsync("peers");

        Assert.Matches(@"one +/ip4/127\.0\.0\.1/tcp/1 +out +- +\S+ \S+ +- +0,2-4,9 +2-3 +-12\.5 *\n", _output.ToString());
        Assert.Matches(@"two +/ip4/127\.0\.0\.1/tcp/2 +in +- +\S+ \S+ +0\.0 ms +- +- +-90\.0 graylisted *\n", _output.ToString());
    }

    [Fact]
    public async Task One_gateway_is_shown_when_it_is_named()
    {
        Add(GatewayReports.Report("gateway-a", described: 1));
        Add(GatewayReports.Report("gateway-b", described: 1));

        Assert.Equal(0, await RunAsync("peers", "--gateway", "gateway-b", "--json"));

        Assert.Equal(["gateway-b", "peer-0000"], Lines(_output).Select(line => line.GetProperty("peer_id").GetString()));
    }

    [Fact]
    public async Task A_gateway_that_is_not_there_is_an_error_with_its_code()
    {
        Add(GatewayReports.Report("gateway-a", described: 1));

        Assert.Equal(1, await RunAsync("peers", "--gateway", "gateway-b", "--json"));

        Assert.Equal("gateway-unknown", Assert.Single(Lines(_error)).GetProperty("error").GetString());
        Assert.Equal("", _output.ToString());
    }

    [Fact]
    public async Task Without_gateways_and_without_peers_it_is_said_plainly()
    {
        Assert.Equal(0, await RunAsync("peers"));
        Assert.StartsWith("The cluster has no gateway: chat peers cannot reach it.", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal("", _output.ToString());

        Add(GatewayReports.Report("gateway-a", described: 0));
        Assert.Equal(0, await RunAsync("peers"));
        Assert.Contains("gateway gateway-a in silo edge-1: 0 peers, ", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("  No peer is connected.", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gateway_that_has_not_reported_lately_is_shown_without_its_peers()
    {
        _cluster.Gateways.Add(GatewayReports.Gateway("gateway-a", peers: 7));

        Assert.Equal(0, await RunAsync("peers"));
        Assert.Contains(": 7 peers, ", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("it has not reported them lately", _output.ToString(), StringComparison.Ordinal);

        _output.GetStringBuilder().Clear();
        await RunAsync("peers", "--json");
        Assert.Equal(
            ["type", "peer_id", "silo", "relay", "addresses", "started_at", "peers"],
            Assert.Single(Lines(_output)).EnumerateObject().Select(property => property.Name));
    }

    [Fact]
    public async Task Peers_beyond_what_a_report_describes_are_counted()
    {
        Add(GatewayReports.Report("gateway-a", described: 3, total: 1_027));

        await RunAsync("peers");

        Assert.Contains(": 1027 peers, ", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("  and 1024 more, connected later", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gateways_and_peers_have_their_shape_in_json()
    {
        Add(GatewayReports.Report("gateway-a", described: 1, total: 2));

        Assert.Equal(0, await RunAsync("peers", "--json"));

        var lines = Lines(_output);
        Assert.Equal(2, lines.Count);
        Assert.Equal(
            ["type", "peer_id", "silo", "relay", "addresses", "started_at", "peers", "listed", "reported_at"],
            lines[0].EnumerateObject().Select(property => property.Name));
        Assert.Equal((2, 1), (lines[0].GetProperty("peers").GetInt32(), lines[0].GetProperty("listed").GetInt32()));
        Assert.Equal(
            """
            {"type":"peer","gateway":"gateway-a","peer_id":"peer-0000","address":"/ip4/127.0.0.1/tcp/50000","direction":"in",
            """
            + """
            "agent":"js-libp2p/3.3.11","connected_since":"2026-01-02T03:04:05+00:00","round_trip_ms":1.25,"shards":[1,2,3],"mesh":[]}
            """,
            lines[1].GetRawText());
    }

    [Fact]
    public async Task What_a_peer_calls_itself_cannot_harm_the_terminal()
    {
        Add(GatewayReports.Peer(0, agent: "[red]x[/]\u001b[31m\u202e\nnext"));

        await RunAsync("peers");
        Assert.Contains(@"[red]x[/]\u{1b}[31m\u{202e}\nnext", _output.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(_output.ToString(), c => c != '\n' && (char.IsControl(c) || c == '\u202e'));

        _output.GetStringBuilder().Clear();
        await RunAsync("peers", "--json");
        Assert.DoesNotContain(_output.ToString(), c => c != '\n' && (char.IsControl(c) || c > '~'));
    }

    private void Add(params PeerDescription[] peers)
    {
        var known = GatewayReports.Report("gateway-a", described: 0);
        Add(new PeerSetReport(known.Gateway, known.ReportedAt, peers.Length, peers));
    }

    private void Add(PeerSetReport report)
    {
        _cluster.Gateways.Add(report.Gateway);
        _cluster.PeerSets[report.Gateway.PeerId] = report;
    }

    private Task<int> RunAsync(params string[] args) => new CliApp(ConnectAsync, TimeProvider.System, Stream.Null, _output, _error)
        .RunAsync([.. args, "--home", _home], TestContext.Current.CancellationToken);

    private Task<CliSession> ConnectAsync(CliSettings settings, CancellationToken cancellationToken)
    {
        var home = DChatHome.Open(settings.Home);
        var client = new TestClient(_cluster, home, TimeProvider.System);
        return Task.FromResult(new CliSession(home, client.Api, client.Devices, client.Operator, client));
    }

    private static List<JsonElement> Lines(StringWriter writer) =>
        [.. writer.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
}
