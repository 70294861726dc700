using System.Globalization;
using DChat.Abstractions.Messages;
using Spectre.Console;

namespace DChat.Cli.Output;

/// <summary>Draws what a gateway knows of the DHT. Others choose some of the text, so every cell is made fit for a terminal.</summary>
internal static class DhtTable
{
    public static void Write(IAnsiConsole console, GatewayDescription gateway, DhtDescription? dht)
    {
        if (dht is null)
        {
            Cells.WriteSilent(console, gateway);
            return;
        }

        var mode = dht.IsServing ? "serves" : "only asks";
        console.MarkupLineInterpolated(
            $"gateway [blue]{Cells.Safe(dht.Gateway)}[/] in silo {Cells.Safe(gateway.Silo)}: {Cells.Safe(dht.Protocol)}, {mode}, {dht.Table.Length} peers in its table");
        if (!dht.IsReady)
        {
            console.MarkupLine("  [grey]It has found nobody yet. Others find it, or give it some: --bootstrap[/]");
        }

        WriteTable(console, dht.Table);
        WriteRelays(console, dht.Relays);
    }

    public static void Write(IAnsiConsole console, DhtFinding finding)
    {
        console.MarkupLineInterpolated($"peer [blue]{Cells.Safe(finding.PeerId)}[/]");
        foreach (var address in finding.Addresses)
        {
            console.MarkupLineInterpolated($"  {Cells.Safe(address)}");
        }

        WriteRelays(console, finding.Relay is { } relay ? [relay] : []);
    }

    private static void WriteTable(IAnsiConsole console, DhtPeerDescription[] peers) => Cells.Write(
        console,
        ["peer", "bucket", "last answer", "failures", "networks"],
        Array.ConvertAll<DhtPeerDescription, string[]>(peers, peer =>
        [
            peer.PeerId,
            Cells.Number(peer.Bucket),
            string.Create(CultureInfo.InvariantCulture, $"{peer.SinceAnswer.TotalSeconds:0} s ago"),
            Cells.Number(peer.Failures),
            peer.Groups.Length == 0 ? Cells.None : string.Join(' ', peer.Groups),
        ]));

    private static void WriteRelays(IAnsiConsole console, RelayGatewayDescription[] relays) => Cells.Write(
        console,
        ["relay", "gateway", "connected", "record until", "addresses"],
        Array.ConvertAll<RelayGatewayDescription, string[]>(
            relays, relay => [relay.Relay, relay.PeerId, relay.IsConnected ? "yes" : "no", Cells.Time(relay.NotAfter), string.Join(' ', relay.Addresses)]));
}
