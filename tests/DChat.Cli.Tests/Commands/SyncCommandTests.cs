using DChat.Abstractions.Messages;
using DChat.Cli.Tests.Fakes;
using DChat.Testing.Peers;

namespace DChat.Cli.Tests.Commands;

public sealed class SyncCommandTests : IDisposable
{
    private const string Address = "/ip4/192.0.2.7/tcp/4001/p2p/peer-b";

    private readonly CliRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task The_last_run_is_told_as_counted_differences_with_what_it_took_and_would_have_taken()
    {
        Add();

        Assert.Equal(0, await _run.RunAsync("sync", "status"));

        var lines = Lines();
        Assert.Equal("gateway gateway-a in silo edge-1: 1 partners, 4 streams served", lines[0]);
        Assert.Equal($"  partner peer-b at {Address}", lines[1]);
        Assert.EndsWith(" took 120 ms: we lacked 5 and pulled 4, it lacked 7 and was given 0, 1 put off, 0 refused", lines[2], StringComparison.Ordinal);
        Assert.Equal("    2,624 B and at most 3 round trips a shard to find that, 67,616 B without sync; 9,000 B to bring it over", lines[3]);
        Assert.Equal("    last equal: never; since the gateway started: 40 pulled, 3 given, 99,000 B", lines[4]);
        Assert.Contains("it does not want 7 now", lines[5], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Explain_has_a_line_for_each_shard()
    {
        Add();

        Assert.Equal(0, await _run.RunAsync("sync", "explain", "--json"));

        Assert.Equal(
            [
                """{"type":"sync_shard","peer_id":"peer-b","shard":3,"ours":1055,"theirs":1053,"method":"sketch","exact":true,"needs":5,"haves":7,"pulled":4,"duplicates":0,"given":0,"deferred":1,"refused":0,"unwanted":7,"rounds":3,"symbols":64,"finding_bytes":2624,"transfer_bytes":9000,"naive_bytes":67456}""",
                """{"type":"sync_shard","peer_id":"peer-b","shard":4,"ours":2,"theirs":3,"method":"","exact":false,"needs":0,"haves":0,"pulled":0,"duplicates":0,"given":0,"deferred":0,"refused":0,"unwanted":0,"rounds":0,"symbols":0,"finding_bytes":0,"transfer_bytes":0,"naive_bytes":160,"fault":"The partner answers that it has too much to do."}""",
            ],
            Lines()[2..]);
    }

    [Fact]
    public async Task Now_begins_a_run_and_shows_it_when_it_has_ended()
    {
        Add();

        Assert.Equal(0, await _run.RunAsync("sync", "now", "--partner", "peer-b", "--json"));

        Assert.Equal([("gateway-a", "peer-b")], _run.Cluster.SyncsBegun);
        Assert.Contains("\"runs\":3", Lines()[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_partner_that_is_none_and_a_gateway_without_partners_or_voice_say_so()
    {
        Add();
        Assert.Equal(1, await _run.RunAsync("sync", "status", "--partner", "peer-c"));
        Assert.Contains("The gateway has no partner peer-c.", _run.Error, StringComparison.Ordinal);

        _run.Cluster.Syncs["gateway-a"] = new SyncDescription("gateway-a", [], Served: 0);
        Assert.Equal(0, await _run.RunAsync("sync", "status"));
        Assert.Contains("It reconciles with nobody.", _run.Output, StringComparison.Ordinal);

        _run.Cluster.Syncs.Clear();
        Assert.Equal(0, await _run.RunAsync("sync", "status"));
        Assert.Equal("gateway gateway-a in silo edge-1: it does not answer.", Lines()[^1]);
    }

    private string[] Lines() => _run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.TrimEnd()).ToArray();

    private void Add()
    {
        _run.Cluster.Gateways.Add(GatewayReports.Gateway("gateway-a"));
        _run.Cluster.Syncs["gateway-a"] = new SyncDescription(
            "gateway-a",
            [
                new SyncPartnerDescription("peer-b", Address, IsRunning: false)
                {
                    Runs = 2,
                    RanAt = DateTimeOffset.UnixEpoch,
                    Duration = TimeSpan.FromMilliseconds(120),
                    TotalPulled = 40,
                    TotalGiven = 3,
                    TotalBytes = 99_000,
                    Shards =
                    [
                        new SyncShardRun(3, 1_055, 1_053)
                        {
                            Needs = 5, Haves = 7, Pulled = 4, Deferred = 1, Unwanted = 7, Method = "sketch", IsExact = true, Rounds = 3, Symbols = 64,
                            FindingBytes = 2_624, TransferBytes = 9_000,
                        },
                        new SyncShardRun(4, 2, 3) { Fault = "The partner answers that it has too much to do." },
                    ],
                },
            ],
            Served: 4);
    }
}
