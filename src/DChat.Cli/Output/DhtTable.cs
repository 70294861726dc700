using System.Globalization;
using DChat.Abstractions.Messages;
using Spectre.Console;

namespace DChat.Cli.Output;

/// <summary>Draws what a gateway knows of the DHT. Others choose some of the text, so every cell is made fit for a terminal.</summary>
internal static class DhtTable
{
    private const int Indent = 2;

    public static void Write(IAnsiConsole console, GatewayDescription gateway, DhtDescription? dht)
    {
        if (dht is null)
        {
            console.MarkupLineInterpolated($"gateway [blue]{Safe(gateway.PeerId)}[/] in silo {Safe(gateway.Silo)}: [yellow]it does not answer.[/]");
            return;
        }

        var mode = dht.IsServing ? "serves" : "only asks";
        console.MarkupLineInterpolated(
            $"gateway [blue]{Safe(dht.Gateway)}[/] in silo {Safe(gateway.Silo)}: {Safe(dht.Protocol)}, {mode}, {dht.Table.Length} peers in its table");
        if (!dht.IsReady)
        {
            console.MarkupLine("  [grey]It has found nobody yet. Others find it, or give it some: --bootstrap[/]");
        }

        WriteTable(console, dht.Table);
        WriteRelays(console, dht.Relays);
    }

    public static void Write(IAnsiConsole console, DhtFinding finding)
    {
        console.MarkupLineInterpolated($"peer [blue]{Safe(finding.PeerId)}[/]");
        foreach (var address in finding.Addresses)
        {
            console.MarkupLineInterpolated($"  {Safe(address)}");
        }

        WriteRelays(console, finding.Relay is { } relay ? [relay] : []);
    }

    private static void WriteTable(IAnsiConsole console, DhtPeerDescription[] peers)
    {
        if (peers.Length > 0)
        {
            var table = new Table().Border(TableBorder.None).AddColumns("peer", "bucket", "last answer", "failures", "networks");
            foreach (var peer in peers)
            {
                Add(
                    table,
                    peer.PeerId,
                    peer.Bucket.ToString(CultureInfo.InvariantCulture),
                    string.Create(CultureInfo.InvariantCulture, $"{peer.SinceAnswer.TotalSeconds:0} s ago"),
                    peer.Failures.ToString(CultureInfo.InvariantCulture),
                    peer.Groups.Length == 0 ? "-" : string.Join(' ', peer.Groups));
            }

            console.Write(new Padder(table, new Padding(Indent, 0, 0, 0)));
        }
    }

    private static void WriteRelays(IAnsiConsole console, RelayGatewayDescription[] relays)
    {
        if (relays.Length > 0)
        {
            var table = new Table().Border(TableBorder.None).AddColumns("relay", "gateway", "connected", "record until", "addresses");
            foreach (var relay in relays)
            {
                Add(
                    table,
                    relay.Relay,
                    relay.PeerId,
                    relay.IsConnected ? "yes" : "no",
                    relay.NotAfter.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
                    string.Join(' ', relay.Addresses));
            }

            console.Write(new Padder(table, new Padding(Indent, 0, 0, 0)));
        }
    }

    private static void Add(Table table, params string[] cells) => table.AddRow(Array.ConvertAll(cells, cell => Markup.Escape(Safe(cell))));

    private static string Safe(string text) => TerminalText.Sanitize(text);
}
