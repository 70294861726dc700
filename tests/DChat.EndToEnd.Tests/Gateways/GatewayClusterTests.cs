using System.Globalization;
using System.Text.Json.Nodes;
using DChat.Client;
using DChat.Core.Topics;
using DChat.EndToEnd.Tests.Crash;
using DChat.Testing;
using DChat.Testing.Js;
using DChat.Testing.Processes;

namespace DChat.EndToEnd.Tests.Gateways;

/// <summary>A core and two edges, a JavaScript peer at each edge, the command line and the SDK: everyone reaches everyone.</summary>
public sealed class GatewayClusterTests : IAsyncLifetime
{
    private const string Network = "dchat-dev";
    private const int ShardBits = 4;
    private const int MessagesEachWay = 1_000;
    private const int RatePerSecond = 250;

    private static readonly string Cli = BuiltProgram.PathOf("DChat.Cli");

    private readonly TemporaryFolder _homes = new();
    private readonly string _topic = $"topic-{Guid.NewGuid():N}";
    private MachineCluster _cluster = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _cluster = await MachineCluster.StartAsync(MachineCluster.WithoutQuotas, Cancel);

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }

        _homes.Dispose();
    }

    [Fact]
    public async Task Peers_on_either_edge_the_command_line_and_the_sdk_see_the_same_thousand_messages_each_way()
    {
        await using var alice = await StartAsync(_cluster.Primary);
        await using var bob = await StartAsync(_cluster.Edge);
        await using var tail = StartCli(_cluster.Edge, "carol", "--json", "tail", _topic);
        await tail.WaitForLineAsync(line => line.Contains("\"type\":\"tail\"", StringComparison.Ordinal), Cancel);
        await using var sdk = await ExternalClient.ConnectAsync(_cluster.Primary.Settings, configure: null, Cancel);
        var witness = Witness.OfTopic(sdk.DChat, Topic.Public(Network, _topic));
        var warmUps = await WarmUpAsync(alice, bob) + await WarmUpAsync(bob, alice);

        await Task.WhenAll(PublishAsync(alice, "a"), PublishAsync(bob, "b"));
        Assert.Equal(0, await RunCliAsync(_cluster.Edge, "carol", "send", _topic, "from the command line"));
        await sdk.DChat.PublishAsync(Topic.Public(Network, _topic), "from the sdk", cancellationToken: Cancel);

        string[] others = ["from the command line", "from the sdk"];
        await AssertReceivedAsync(alice, [.. Texts("b"), .. others]);
        await AssertReceivedAsync(bob, [.. Texts("a"), .. others]);
        var fetched = await FetchAsync(alice);
        Assert.Equal(fetched, await FetchAsync(bob));
        Assert.Equal(
            Texts("a").Concat(Texts("b")).Concat(others).Order(StringComparer.Ordinal),
            fetched.Select(message => message.Text).Where(IsCounted).Order(StringComparer.Ordinal));
        var total = fetched.Count;
        Assert.Equal((2 * MessagesEachWay) + others.Length + warmUps, total);
        var seen = await witness.FinishAsync(ulong.Parse(fetched[^1].Cursor.Split(':')[1], CultureInfo.InvariantCulture), Cancel);
        Assert.Equal(fetched.Select(message => message.Id), seen.Select(message => message.Id.ToString()));
        Assert.Equal(fetched.Select(message => message.Cursor), seen.Select(message => message.Position.ToString()));
        await tail.WaitForLineAsync(line => line.Contains("from the sdk", StringComparison.Ordinal), Cancel);
        Assert.Equal(total, tail.Output.Count(line => line.Contains("\"type\":\"message\"", StringComparison.Ordinal)));
        await AssertPeersAreListedAsync();
    }

    private async Task<ChatPeer> StartAsync(SiloProcess edge)
    {
        var peer = await ChatPeer.StartAsync(Network, ShardBits, Cancel);
        await peer.DoAsync("dial", ("address", edge.Libp2pAddress().ToString()));
        await peer.DoAsync("subscribe", ("topic", _topic));
        await peer.DoAsync("mesh", ("topic", _topic));
        return peer;
    }

    /// <summary>
    /// Publishes until a message arrives: an edge follows a shard from its first peer on, and what was durable before is
    /// history to it. Returns how many it took.
    /// </summary>
    private async Task<int> WarmUpAsync(ChatPeer from, ChatPeer to)
    {
        var arrived = to.DoAsync("receivedCount", ("topic", _topic), ("count", 1));
        var sent = 0;
        do
        {
            await from.DoAsync("publish", ("topic", _topic), ("text", string.Create(CultureInfo.InvariantCulture, $"warm-up {sent++}")));
        }
        while (await Task.WhenAny(arrived, Task.Delay(TimeSpan.FromMilliseconds(500), Cancel)) != arrived);
        await arrived;
        return sent;
    }

    private Task<JsonNode> PublishAsync(ChatPeer peer, string prefix) => peer.DoAsync(
        "publishMany", ("topic", _topic), ("prefix", prefix), ("count", MessagesEachWay), ("ratePerSecond", RatePerSecond));

    private async Task AssertReceivedAsync(ChatPeer peer, string[] expected)
    {
        // How many warm-ups came is of no interest, so the count to wait for is not known beforehand.
        string[] texts = [];
        for (var count = expected.Length; texts.Length < expected.Length; count++)
        {
            await peer.DoAsync("receivedCount", ("topic", _topic), ("count", count));
            texts = [.. (await peer.DoAsync("received", ("topic", _topic))).AsArray().Select(message => (string)message!["text"]!).Where(IsCounted)];
        }

        Assert.Equal(expected.Order(StringComparer.Ordinal), texts.Order(StringComparer.Ordinal));
    }

    private async Task<List<(string Id, string Text, string Cursor)>> FetchAsync(ChatPeer peer)
    {
        var fetched = await peer.DoAsync("fetch", ("topic", _topic));
        Assert.False((bool)fetched["hadGap"]!);
        return [.. fetched["messages"]!.AsArray().Select(message => ((string)message!["id"]!, (string)message["text"]!, (string)message["cursor"]!))];
    }

    private async Task AssertPeersAreListedAsync()
    {
        await using var peers = StartCli(_cluster.Primary, "carol", "--json", "peers");
        Assert.Equal(0, await peers.WaitForExitAsync(Cancel));
        var lines = peers.Output.Select(line => JsonNode.Parse(line)!.AsObject()).ToArray();
        Assert.Equal(2, lines.Count(line => (string?)line["type"] == "gateway"));
        Assert.Equal(2, lines.Count(line => (string?)line["type"] == "peer"));
    }

    private async Task<int> RunCliAsync(SiloProcess silo, string home, params string[] arguments)
    {
        await using var process = StartCli(silo, home, arguments);
        return await process.WaitForExitAsync(Cancel);
    }

    private ChildProcess StartCli(SiloProcess silo, string home, params string[] arguments) => ChildProcess.Start(
        Cli,
        [
            "--silo", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{silo.Settings.ClientPort}"),
            "--home", _homes[home],
            .. arguments,
        ]);

    private static bool IsCounted(string text) => !text.StartsWith("warm-up", StringComparison.Ordinal);

    private static IEnumerable<string> Texts(string prefix) =>
        Enumerable.Range(0, MessagesEachWay).Select(i => string.Create(CultureInfo.InvariantCulture, $"{prefix}{i}"));
}
