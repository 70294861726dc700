using System.Globalization;
using DChat.Abstractions.Messages;
using DChat.Core.Topics;
using Spectre.Console;

namespace DChat.Cli.Output;

/// <summary>Draws a gateway and the peers below it. Peers choose some of the text, so every cell is made fit for a terminal.</summary>
internal static class PeerTable
{
    public static void Write(IAnsiConsole console, GatewayDescription gateway, PeerSetReport? report)
    {
        var peers = report?.TotalPeers ?? gateway.PeerCount;
        console.MarkupLineInterpolated(
            $"gateway [blue]{Cells.Safe(gateway.PeerId)}[/] in silo {Cells.Safe(gateway.Silo)}: {peers} peers, up since {Cells.Time(gateway.StartedAt)}");
        console.MarkupLineInterpolated($"  [grey]relay {Cells.Safe(gateway.Relay)}[/]");
        foreach (var address in gateway.Addresses)
        {
            console.MarkupLineInterpolated($"  [grey]{Cells.Safe(address)}[/]");
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
        Cells.Write(
            console,
            ["peer", "address", "direction", "agent", "connected since", "round trip", "shards", "mesh", "score"],
            Array.ConvertAll<PeerDescription, string[]>(report.Peers, peer =>
            [
                peer.PeerId,
                peer.RemoteAddress,
                IsRelayed(peer) ? $"{DirectionOf(peer)}, relayed" : DirectionOf(peer),
                peer.AgentVersion ?? Cells.None,
                Cells.Time(peer.ConnectedSince),
                peer.RoundTripMilliseconds is { } milliseconds ? string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0.0} ms") : Cells.None,
                Ranges(peer.Shards),
                Ranges(peer.MeshShards ?? ShardSet.Empty),
                ScoreOf(peer),
            ]));
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
    private static string ScoreOf(PeerDescription peer) => peer.GossipScore is not { } score ? Cells.None
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

        return ranges.Count == 0 ? Cells.None : string.Join(',', ranges.Select(range => range.First == range.Last
            ? Cells.Number(range.First)
            : string.Create(CultureInfo.InvariantCulture, $"{range.First}-{range.Last}")));
    }
}
