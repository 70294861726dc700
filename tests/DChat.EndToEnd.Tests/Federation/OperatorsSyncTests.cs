using System.Globalization;
using System.Text.Json.Nodes;
using DChat.Client;
using DChat.Core.Topics;
using DChat.EndToEnd.Tests.Silo;
using DChat.Testing;
using DChat.Testing.Processes;

namespace DChat.EndToEnd.Tests.Federation;

/// <summary>Two operators, each with a silo of its own that names the other's, who do not reach each other for a while.</summary>
public sealed class OperatorsSyncTests : IDisposable
{
    private const int PerSide = 400;

    private static readonly string Cli = BuiltProgram.PathOf("DChat.Cli");

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    /// <summary>
    /// Each is killed while the other writes, so that neither gossip nor a graceful end brings anything over, and epochs of two seconds have most of it
    /// sealed at different times on either side.
    /// </summary>
    [Fact]
    public async Task After_a_partition_and_kills_both_operators_have_exactly_the_same_messages_and_say_what_it_took()
    {
        var topic = Topic.Public("dchat-dev", $"partition-{Guid.NewGuid():N}");
        var (one, two) = (Settings("one"), Settings("two"));
        await using (var alone = await SiloProcess.StartAsync(one, Cancel))
        {
            one = one with { Libp2p = alone.Libp2pAddress().WithoutPeer().ToString() };
            await PublishAsync(alone, topic, "one");
            await alone.KillAsync(Cancel);
        }

        string second;
        await using (var alone = await SiloProcess.StartAsync(two, Cancel))
        {
            second = alone.Libp2pAddress().ToString();
            two = two with { Libp2p = alone.Libp2pAddress().WithoutPeer().ToString() };
            await PublishAsync(alone, topic, "two");
            await alone.KillAsync(Cancel);
        }

        await using var left = await SiloProcess.StartAsync(one with { Arguments = [.. one.Arguments, "--sync-with", second] }, Cancel);
        await using var right = await SiloProcess.StartAsync(two with { Arguments = [.. two.Arguments, "--sync-with", left.Libp2pAddress().ToString()] }, Cancel);

        var (ofLeft, ofRight) = (await UntilEqualAsync(left), await UntilEqualAsync(right));
        // Gossip goes back some seconds when peers connect, and may bring as much of what was just written as its quota allows: the rest is sync's.
        Assert.InRange(Total(ofLeft), 1, PerSide);
        Assert.InRange(Total(ofRight), 1, PerSide);
        string[] expected = [.. Enumerable.Range(1, PerSide).SelectMany(i => (string[])[$"one {i}", $"two {i}"]).Order(StringComparer.Ordinal)];
        Assert.Equal(expected, await FetchAsync(left, topic));
        Assert.Equal(expected, await FetchAsync(right, topic));

        var explained = await AskAsync(left, "explain");
        Assert.Equal(16, explained.Count(line => (string?)line["type"] == "sync_shard"));
        Assert.All(explained.Where(line => (string?)line["type"] == "sync_shard"), line => Assert.True((bool)line["exact"]!));
    }

    private static long Total(JsonNode partner) => (long)partner["total_pulled"]!;

    private static async Task PublishAsync(SiloProcess silo, Topic topic, string side)
    {
        await using var client = await ExternalClient.ConnectAsync(silo.Settings, configure: null, Cancel);
        await Task.WhenAll(Enumerable.Range(1, PerSide).Select(i => client.DChat.PublishAsync(topic, $"{side} {i}", cancellationToken: Cancel)));
    }

    private static async Task<string[]> FetchAsync(SiloProcess silo, Topic topic)
    {
        await using var client = await ExternalClient.ConnectAsync(silo.Settings, configure: null, Cancel);
        List<string> texts = [];
        for (var page = await client.DChat.FetchAsync(topic, cancellationToken: Cancel); page.Messages.Count > 0; page = await client.DChat.FetchAsync(topic, page.Next, cancellationToken: Cancel))
        {
            texts.AddRange(page.Messages.Select(message => message.GetText()));
        }

        return [.. texts.Order(StringComparer.Ordinal)];
    }

    private SiloSettings Settings(string name) => Silos.In(_folder[name]) with
    {
        Arguments =
        [
            "--DChat:Epochs:Length", "00:00:02", "--DChat:Epochs:Grace", "00:00:00",
            "--DChat:Sync:QuietWindow", "00:00:00", "--DChat:Sync:Period", "00:00:01",
        ],
    };

    /// <summary>Asks until a run has ended with both sides having the same.</summary>
    private async Task<JsonNode> UntilEqualAsync(SiloProcess silo)
    {
        while (true)
        {
            var partner = (await AskAsync(silo, "now")).Single(line => (string?)line["type"] == "sync_partner");
            if (partner["equal_at"] is { } equalAt && (DateTimeOffset)equalAt == (DateTimeOffset)partner["ran_at"]! && (long)partner["needs"]! == 0)
            {
                return partner;
            }
        }
    }

    private async Task<List<JsonNode>> AskAsync(SiloProcess silo, string verb)
    {
        await using var process = ChildProcess.Start(
            Cli,
            [
                "--silo", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{silo.Settings.ClientPort}"),
                "--home", _folder["home"], "--json", "sync", verb,
            ]);
        Assert.Equal(0, await process.WaitForExitAsync(Cancel));
        return [.. process.Output.Select(line => JsonNode.Parse(line)!)];
    }
}
