using DChat.Abstractions.Messages;
using DChat.Cli.Tests.Fakes;
using DChat.Testing.Peers;

namespace DChat.Cli.Tests.Commands;

public sealed class DhtCommandTests : IDisposable
{
    private static readonly RelayGatewayDescription Relay = new(
        "peer-b", new string('b', 64), ["/ip4/192.0.2.7/tcp/4001"], DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddDays(2), isConnected: false);

    private readonly CliRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task What_each_gateway_knows_is_shown_below_it()
    {
        Add("gateway-a", new DhtPeerDescription("peer-a", 7, TimeSpan.FromSeconds(12), 1, ["192.0.2.0/24", "192.0.0.0/16"]));

        Assert.Equal(0, await _run.RunAsync("dht", "status"));

        var lines = _run.Output.Split('\n').Select(line => line.TrimEnd()).ToList();
        Assert.Equal("gateway gateway-a in silo edge-1: /dchat/kad/1.0.0, serves, 1 peers in its table", lines[0]);
        Assert.Matches("^ +peer +bucket +last answer +failures +networks$", lines[1]);
        Assert.Matches(@"^ +peer-a +7 +12 s ago +1 +192\.0\.2\.0/24 192\.0\.0\.0/16$", lines[2]);
        Assert.Matches("^ +relay +gateway +connected +record until +addresses$", lines[3]);
        Assert.Matches(@"^ +b{64} +peer-b +no +\S+ \S+ +/ip4/192\.0\.2\.7/tcp/4001$", lines[4]);
        Assert.Equal("", _run.Error);
    }

    [Fact]
    public async Task Status_has_its_shape_in_json()
    {
        Add("gateway-a", new DhtPeerDescription("peer-a", 7, TimeSpan.FromSeconds(12), 1, []));

        Assert.Equal(0, await _run.RunAsync("dht", "status", "--json"));

        Assert.Equal(
            [
                """{"type":"dht","gateway":"gateway-a","silo":"edge-1","protocol":"/dchat/kad/1.0.0","serving":true,"ready":true,"peers":1}""",
                """{"type":"dht_peer","gateway":"gateway-a","peer_id":"peer-a","bucket":7,"seconds_since_answer":12,"failures":1,"networks":[]}""",
                $$"""{"type":"relay_gateway","gateway":"gateway-a","peer_id":"peer-b","relay":"{{new string('b', 64)}}","addresses":["/ip4/192.0.2.7/tcp/4001"],"made_at":"1970-01-01T00:00:00+00:00","not_after":"1970-01-03T00:00:00+00:00","connected":false}""",
            ],
            _run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
    }

    [Fact]
    public async Task A_gateway_that_does_not_answer_and_one_that_knows_nobody_say_so()
    {
        _run.Cluster.Gateways.Add(GatewayReports.Gateway("gateway-a"));
        Assert.Equal(0, await _run.RunAsync("dht", "status"));
        Assert.Equal("gateway gateway-a in silo edge-1: it does not answer.", _run.Output.TrimEnd());

        _run.Cluster.Dhts["gateway-a"] = new DhtDescription("gateway-a", "/dchat/kad/1.0.0", isServing: false, isReady: false, [], []);
        Assert.Equal(0, await _run.RunAsync("dht", "status"));
        Assert.Contains(": /dchat/kad/1.0.0, only asks, 0 peers in its table", _run.Output, StringComparison.Ordinal);
        Assert.Contains("It has found nobody yet.", _run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_peer_is_found_with_its_relay()
    {
        Add("gateway-a");
        _run.Cluster.Findings["peer-b"] = new DhtFinding("peer-b", ["/ip4/192.0.2.7/tcp/4001"], Relay);

        Assert.Equal(0, await _run.RunAsync("dht", "find", "peer-b"));
        Assert.StartsWith("peer peer-b\n  /ip4/192.0.2.7/tcp/4001\n", _run.Output.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.Contains(new string('b', 64), _run.Output, StringComparison.Ordinal);

        Assert.Equal(0, await _run.RunAsync("dht", "find", "peer-b", "--json"));
        Assert.Equal(["found", "relay_gateway"], _run.Lines.Select(line => line.GetProperty("type").GetString()));
    }

    [Fact]
    public async Task A_peer_that_nobody_knows_a_gateway_that_is_not_there_and_no_gateway_at_all_are_errors()
    {
        Assert.Equal(1, await _run.RunAsync("dht", "find", "peer-c", "--json"));
        Assert.Equal("gateway-unknown", Assert.Single(_run.ErrorLines).GetProperty("error").GetString());

        Add("gateway-a");
        Assert.Equal(1, await _run.RunAsync("dht", "find", "peer-c", "--json"));
        Assert.Equal("peer-unknown", Assert.Single(_run.ErrorLines).GetProperty("error").GetString());
        Assert.Equal("", _run.Output);

        Assert.Equal(1, await _run.RunAsync("dht", "status", "--gateway", "gateway-b", "--json"));
        Assert.Equal("gateway-unknown", Assert.Single(_run.ErrorLines).GetProperty("error").GetString());
    }

    private void Add(string gateway, params DhtPeerDescription[] table)
    {
        _run.Cluster.Gateways.Add(GatewayReports.Gateway(gateway));
        _run.Cluster.Dhts[gateway] = new DhtDescription(gateway, "/dchat/kad/1.0.0", isServing: true, isReady: true, table, [Relay]);
    }
}
