using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using DChat.Core.Topics;
using DChat.EndToEnd.Tests.Silo;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Swarm;
using DChat.Testing;
using DChat.Testing.Gateways;
using DChat.Testing.Processes;

namespace DChat.EndToEnd.Tests.Gateways;

/// <summary>A silo that listens nowhere is reached through another, which is a circuit relay as every edge is.</summary>
public sealed class CircuitTests : IDisposable
{
    /// <summary>The exit code when no silo answers in time, as on a busy machine: the same command may succeed later.</summary>
    private const int NotNow = 3;

    private static readonly string Cli = BuiltProgram.PathOf("DChat.Cli");

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_silo_that_nobody_can_dial_keeps_what_is_pushed_through_another_and_reserves_again_when_that_was_killed()
    {
        await using var relay = await SiloProcess.StartAsync(
            Silos.In(_folder["relay"]) with { Libp2p = string.Create(CultureInfo.InvariantCulture, $"/ip4/127.0.0.1/tcp/{LoopbackPorts.Take()}") }, Cancel);
        var address = relay.Libp2pAddress();
        await using var hidden = await SiloProcess.StartAsync(
            Silos.In(_folder["hidden"]) with { Libp2p = "", Arguments = ["--circuit-relay", address.ToString(), "--bootstrap", address.ToString()] }, Cancel);

        await UntilAsync(hidden, ["relay-circuit", "status"], "circuit_relay", line => Is(line, "state", "reserved") && Is(line, "address", address.ToString()));
        var gateway = await UntilAsync(hidden, ["peers"], "gateway", line => line["addresses"]!.AsArray().Count == 1);
        var through = Multiaddr.Parse((string)gateway["addresses"]![0]!);
        var peer = through.Peer!.ToString();
        Assert.Equal($"{address}/p2p-circuit/p2p/{peer}", through.ToString());
        await UntilAsync(relay, ["relay-circuit", "status"], "circuit_reservation", line => Is(line, "peer_id", peer));

        // Others find it in the DHT by the same address.
        var record = await UntilAsync(relay, ["dht", "status"], "relay_gateway", line => Is(line, "peer_id", peer));
        Assert.Equal([through.WithoutPeer().ToString()], record["addresses"]!.AsArray().Select(each => (string?)each));

        var topic = Topic.Public("dchat-dev", $"circuit-{Guid.NewGuid():N}");
        var author = new Testing.Messages.Author(topic);
        Assert.Equal(1, await PushAndFetchAsync(through, author, topic, hidden, relay));

        await relay.KillAsync(Cancel);
        await relay.RestartAsync(Cancel);
        await UntilAsync(relay, ["relay-circuit", "status"], "circuit_reservation", line => Is(line, "peer_id", peer));
        Assert.Equal(2, await PushAndFetchAsync(through, author, topic, hidden, relay));
    }

    [Fact]
    public async Task An_operator_has_a_running_silo_reserve_at_another_and_leave_it_again()
    {
        await using var relay = await SiloProcess.StartAsync(Silos.In(_folder["relay"]), Cancel);
        await using var silo = await SiloProcess.StartAsync(Silos.In(_folder["silo"]), Cancel);
        var address = relay.Libp2pAddress();

        var reserved = Assert.Single(await AskAsync(silo, ["relay-circuit", "reserve", address.ToString()]));
        Assert.Equal(("reserved", address.ToString()), ((string?)reserved["state"], (string?)reserved["address"]));
        await UntilAsync(relay, ["relay-circuit", "status"], "circuit_reservation", line => Is(line, "peer_id", silo.Libp2pAddress().Peer!.ToString()));

        var released = Assert.Single(await AskAsync(silo, ["relay-circuit", "release", address.Peer!.ToString()]));
        Assert.True((bool)released["known"]!);
        Assert.DoesNotContain(await AskAsync(silo, ["relay-circuit", "status"]), line => Is(line, "type", "circuit_relay"));
    }

    [Fact]
    public async Task A_relay_that_keeps_silent_is_shown_as_being_asked_and_is_no_success_yet()
    {
        using var mute = new TcpListener(IPAddress.Loopback, 0);
        mute.Start();
        await using var silo = await SiloProcess.StartAsync(Silos.In(_folder["silo"]), Cancel);
        var relay = string.Create(
            CultureInfo.InvariantCulture, $"/ip4/127.0.0.1/tcp/{((IPEndPoint)mute.LocalEndpoint).Port}/p2p/{PeerId.FromPublicKey(PrivateKey.Generate().PublicKey)}");

        // The silo has answered once, so that it is up: what comes now is of the relay.
        await AskAsync(silo, ["relay-circuit", "status"]);
        await using var process = Run(silo, ["relay-circuit", "reserve", relay]);
        Assert.Equal(NotNow, await process.WaitForExitAsync(Cancel));
        Assert.Equal("circuit-not-reserved", (string?)JsonNode.Parse(Assert.Single(process.Errors))!["error"]);
        var shown = JsonNode.Parse(Assert.Single(process.Output))!;
        Assert.Equal(("asking", relay), ((string?)shown["state"], (string?)shown["address"]));
    }

    /// <summary>A device pushes one message through the relay and fetches the topic the same way; returns how many messages it has.</summary>
    private async Task<int> PushAndFetchAsync(Multiaddr through, Testing.Messages.Author author, Topic topic, SiloProcess hidden, SiloProcess relay)
    {
        var options = new Libp2pOptions { LimitedProtocols = { "/dchat/push/1", "/dchat/fetch/1" } };
        await using var device = new Libp2pHost(options);
        var connection = await device.ConnectAsync(through, Cancel);
        Assert.True(connection.IsLimited);
        await using (var push = await PushPeer.OpenAsync(device, connection, TimeProvider.System, Cancel))
        {
            var answers = await push.PushAsync([author.SealOne(Encoding.UTF8.GetBytes("through a relay"))], 1, Cancel);
            Assert.Single(answers.Accepted);
        }

        await AssertShownAsync(hidden, relay, device, connection);
        await using var fetch = await FetchPeer.OpenAsync(device, connection, Cancel);
        return (await fetch.FetchAllAsync(topic.Tag, Cancel)).Count;
    }

    private async Task AssertShownAsync(SiloProcess hidden, SiloProcess relay, Libp2pHost device, PeerConnection connection)
    {
        await UntilAsync(hidden, ["peers"], "peer", line => Is(line, "peer_id", device.LocalPeer.ToString()) && (bool?)line["relayed"] == true);
        var open = await UntilAsync(relay, ["relay-circuit", "status"], "circuits", line => (int)line["circuits"]! == 1);
        Assert.True((long)open["bytes"]! > 0);
        Assert.True(connection.IsUsable);
    }

    private static bool Is(JsonNode line, string name, string value) => (string?)line[name] == value;

    /// <summary>Asks a silo again and again, until a line is as it should be.</summary>
    private async Task<JsonNode> UntilAsync(SiloProcess silo, string[] verb, string type, Func<JsonNode, bool> isReached)
    {
        while (true)
        {
            if ((await AskAsync(silo, verb)).FirstOrDefault(line => Is(line, "type", type) && isReached(line)) is { } found)
            {
                return found;
            }
        }
    }

    private ChildProcess Run(SiloProcess silo, string[] verb) => ChildProcess.Start(
        Cli,
        [
            "--silo", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{silo.Settings.ClientPort}"), "--home", _folder["home"], "--json", .. verb,
        ]);

    private async Task<IReadOnlyList<JsonNode>> AskAsync(SiloProcess silo, string[] verb)
    {
        while (true)
        {
            await using var process = Run(silo, verb);
            var exit = await process.WaitForExitAsync(Cancel);
            if (exit != NotNow)
            {
                Assert.True(exit == 0, process.Describe("No answer"));
                return [.. process.Output.Select(line => JsonNode.Parse(line)!)];
            }
        }
    }
}
