using System.Globalization;
using System.Text.Json.Nodes;
using DChat.Client;
using DChat.Core.Topics;
using DChat.EndToEnd.Tests.Crash;
using DChat.EndToEnd.Tests.Silo;
using DChat.Testing;
using DChat.Testing.Processes;

namespace DChat.EndToEnd.Tests.Gateways;

/// <summary>Operators, each with a silo of its own, who know one address: the DHT brings them together, and gossip crosses.</summary>
public sealed class RelayDiscoveryTests : IDisposable
{
    private static readonly string Cli = BuiltProgram.PathOf("DChat.Cli");

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Operators_who_know_one_gateway_find_each_other_and_a_message_reaches_them_all()
    {
        await using var first = await StartAsync("first");
        var bootstrap = first.Libp2pAddress().ToString();
        await using var second = await StartAsync("second", bootstrap);
        await using var third = await StartAsync("third", bootstrap);

        // The second has heard of the third from the DHT alone.
        var relay = await UntilAsync(second, "relay_gateway", PeerOf(third), line => (bool)line["connected"]!);
        Assert.Equal([third.Libp2pAddress().WithoutPeer().ToString()], relay["addresses"]!.AsArray().Select(address => (string?)address));

        await using var writer = await ExternalClient.ConnectAsync(second.Settings, configure: null, Cancel);
        await using var reader = await ExternalClient.ConnectAsync(third.Settings, configure: null, Cancel);
        var topic = Topic.Public("dchat-dev", $"operators-{Guid.NewGuid():N}");
        var witness = Witness.OfTopic(reader.DChat, topic);
        await writer.DChat.PublishAsync(topic, "across operators", cancellationToken: Cancel);
        Assert.Single(await witness.FinishAsync(1, Cancel));
    }

    [Fact]
    public async Task A_gateway_that_was_killed_finds_the_others_again_without_bootstrap_addresses_and_puts_a_torn_file_of_peers_aside()
    {
        await using var first = await StartAsync("first");
        var bootstrap = first.Libp2pAddress().ToString();
        var file = Path.Combine(_folder["second"], "gateways", "all.peers");
        await using (var second = await StartAsync("second", bootstrap))
        {
            await UntilAsync(second, "dht_peer", PeerOf(first), _ => File.Exists(file));
            await second.KillAsync(Cancel);
        }

        await using (var alone = await StartAsync("second"))
        {
            await UntilAsync(alone, "dht_peer", PeerOf(first), _ => true);
            await alone.KillAsync(Cancel);
        }

        var whole = await File.ReadAllBytesAsync(file, Cancel);
        await File.WriteAllBytesAsync(file, whole[..^10], Cancel);
        await using var again = await StartAsync("second", bootstrap);
        await UntilAsync(again, "dht_peer", PeerOf(first), _ => true);
        Assert.Equal(whole[..^10], await File.ReadAllBytesAsync(file + ".damaged", Cancel));
    }

    private static string PeerOf(SiloProcess silo) => silo.Libp2pAddress().Peer!.ToString();

    private Task<SiloProcess> StartAsync(string name, string? bootstrap = null) => SiloProcess.StartAsync(
        Silos.In(_folder[name]) with { Arguments = bootstrap is null ? [] : ["--bootstrap", bootstrap] }, Cancel);

    /// <summary>Asks a silo's gateway again and again what it knows of the DHT, until a line is as it should be.</summary>
    private async Task<JsonNode> UntilAsync(SiloProcess silo, string type, string peer, Func<JsonNode, bool> isReached)
    {
        string[] arguments =
        [
            "--silo", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{silo.Settings.ClientPort}"),
            "--home", _folder["home"], "--json", "dht", "status",
        ];
        while (true)
        {
            await using var process = ChildProcess.Start(Cli, arguments);
            Assert.Equal(0, await process.WaitForExitAsync(Cancel));
            var lines = process.Output.Select(line => JsonNode.Parse(line)!);
            if (lines.FirstOrDefault(line => (string?)line["type"] == type && (string?)line["peer_id"] == peer) is { } found && isReached(found))
            {
                return found;
            }
        }
    }
}
