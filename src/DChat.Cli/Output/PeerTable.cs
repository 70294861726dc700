using System.Globalization;
using DChat.Abstractions.Messages;
using DChat.Core.Topics;
using Spectre.Console;

namespace DChat.Cli.Output;

/// <summary>Draws a gateway and the peers below it. Peers choose some of the text, so every cell is made fit for a terminal.</summary>
internal static class PeerTable
{
    private const int Indent = 2;
    private const string Unknown = "-";

    public static void Write(IAnsiConsole console, GatewayDescription gateway, PeerSetReport? report)
    {
        var peers = report?.TotalPeers ?? gateway.PeerCount;
        console.MarkupLineInterpolated(
            $"gateway [blue]{Safe(gateway.PeerId)}[/] in silo {Safe(gateway.Silo)}: {peers} peers, up since {Time(gateway.StartedAt)}");
        console.MarkupLineInterpolated($"  [grey]relay {Safe(gateway.Relay)}[/]");
        foreach (var address in gateway.Addresses)
        {
            console.MarkupLineInterpolated($"  [grey]{Safe(address)}[/]");
        }

        if (report is null)
        {
            console.MarkupLine("  [yellow]Who its peers are is not known: it has not reported them lately.[/]");
        }
        else if (report.TotalPeers == 0)
        {
            console.MarkupLine("  [grey]No peer is connected.[/]");
        }
        else
        {
            WritePeers(console, report);
        }
    }

    private static void WritePeers(IAnsiConsole console, PeerSetReport report)
    {
        var table = new Table().Border(TableBorder.None)
            .AddColumns("peer", "address", "direction", "agent", "connected since", "round trip", "shards", "mesh", "score");
        foreach (var peer in report.Peers)
        {
            string[] cells =
            [
                peer.PeerId,
                peer.RemoteAddress,
                IsRelayed(peer) ? $"{DirectionOf(peer)}, relayed" : DirectionOf(peer),
                peer.AgentVersion ?? Unknown,
                Time(peer.ConnectedSince),
                peer.RoundTripMilliseconds is { } milliseconds ? string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0.0} ms") : Unknown,
                Ranges(peer.Shards),
                Ranges(peer.MeshShards ?? ShardSet.Empty),
                ScoreOf(peer),
            ];
            table.AddRow(Array.ConvertAll(cells, cell => Markup.Escape(Safe(cell))));
        }

        console.Write(new Padder(table, new Padding(Indent, 0, 0, 0)));
        if (report.TotalPeers > report.Peers.Length)
        {
            console.MarkupLineInterpolated($"  [grey]and {report.TotalPeers - report.Peers.Length} more, connected later[/]");
        }
    }

    /// <summary><c>in</c> or <c>out</c>, seen from the gateway.</summary>
    public static string DirectionOf(PeerDescription peer) => peer.Direction == PeerDirection.Outbound ? "out" : "in";

    /// <summary>Whether a circuit relay leads to the peer.</summary>
    public static bool IsRelayed(PeerDescription peer) => peer.RemoteAddress.EndsWith("/p2p-circuit", StringComparison.Ordinal);

    /// <summary>Such as <c>-90.0 graylisted</c>.</summary>
    private static string ScoreOf(PeerDescription peer) => peer.GossipScore is not { } score ? Unknown
        : string.Create(CultureInfo.InvariantCulture, $"{score:0.0}{(peer.IsGraylisted ? " graylisted" : "")}");

    /// <summary>Such as <c>0-3,7</c>.</summary>
    private static string Ranges(ShardSet shards)
    {
        List<(int First, int Last)> ranges = [];
        foreach (var shard in shards)
        {
            if (ranges.Count > 0 && ranges[^1].Last == shard.Value - 1)
            {
                ranges[^1] = (ranges[^1].First, shard.Value);
            }
            else
            {
                ranges.Add((shard.Value, shard.Value));
            }
        }

        return ranges.Count == 0 ? Unknown : string.Join(',', ranges.Select(range => range.First == range.Last
            ? range.First.ToString(CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{range.First}-{range.Last}")));
    }

    private static string Time(DateTimeOffset time) => time.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    private static string Safe(string text) => TerminalText.Sanitize(text);
}
