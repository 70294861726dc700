using System.Globalization;
using DChat.Abstractions.Messages;
using Spectre.Console;

namespace DChat.Cli.Output;

/// <summary>Draws how a gateway reconciles. Others choose some of the text, so every cell is made fit for a terminal.</summary>
internal static class SyncTable
{
    public static void Write(IAnsiConsole console, GatewayDescription gateway, SyncDescription? sync)
    {
        if (sync is null)
        {
            Cells.WriteSilent(console, gateway);
            return;
        }

        console.MarkupLineInterpolated(
            $"gateway [blue]{Cells.Safe(sync.Gateway)}[/] in silo {Cells.Safe(gateway.Silo)}: {sync.Partners.Length} partners, {sync.Served} streams served");
        if (sync.Partners.Length == 0)
        {
            console.MarkupLine("  [grey]It reconciles with nobody. Name other relays' gateways: --sync-with[/]");
        }

        foreach (var partner in sync.Partners)
        {
            Write(console, partner);
        }
    }

    public static void WriteShards(IAnsiConsole console, SyncPartnerDescription partner) => Cells.Write(
        console,
        ["shard", "ours", "theirs", "we lacked", "it lacked", "pulled", "given", "put off", "refused", "unwanted", "by", "exact", "rounds", "symbols", "to find", "to bring", "naive", "fault"],
        Array.ConvertAll<SyncShardRun, string[]>(partner.Shards, shard =>
        [
            Cells.Number(shard.Shard),
            Cells.Number(shard.Ours),
            Cells.Number(shard.Theirs),
            Cells.Number(shard.Needs),
            Cells.Number(shard.Haves),
            Cells.Number(shard.Pulled),
            Cells.Number(shard.Given),
            Cells.Number(shard.Deferred),
            Cells.Number(shard.Refused),
            Cells.Number(shard.Unwanted),
            shard.Method.Length == 0 ? Cells.None : shard.Method,
            shard.IsExact ? "yes" : "no",
            Cells.Number(shard.Rounds),
            Cells.Number(shard.Symbols),
            Bytes(shard.FindingBytes),
            Bytes(shard.TransferBytes),
            Bytes(shard.NaiveBytes),
            shard.Fault ?? Cells.None,
        ]));

    private static void Write(IAnsiConsole console, SyncPartnerDescription partner)
    {
        console.MarkupLineInterpolated($"  partner [blue]{Cells.Safe(partner.PeerId)}[/] at {Cells.Safe(partner.Address)}{(partner.IsRunning ? ", a run is under way" : "")}");
        if (partner.RanAt is not { } ranAt)
        {
            console.MarkupLine("    [grey]No run has ended yet.[/]");
            return;
        }

        var sum = partner.Sum;
        console.MarkupLineInterpolated(
            $"    run {partner.Runs} at {Cells.Time(ranAt)} took {partner.Duration.TotalMilliseconds:0} ms: we lacked {sum.Needs} and pulled {sum.Pulled}, it lacked {sum.Haves} and was given {sum.Given}, {sum.Deferred} put off, {sum.Refused} refused");
        console.MarkupLineInterpolated(
            $"    {Bytes(sum.FindingBytes)} and at most {partner.Shards.Select(shard => shard.Rounds).DefaultIfEmpty().Max()} round trips a shard to find that, {Bytes(sum.NaiveBytes)} without sync; {Bytes(sum.TransferBytes)} to bring it over");
        console.MarkupLineInterpolated(
            $"    last equal: {(partner.EqualAt is { } equalAt ? Cells.Time(equalAt) : "never")}; since the gateway started: {partner.TotalPulled} pulled, {partner.TotalGiven} given, {Bytes(partner.TotalBytes)}");
        if (sum.Unwanted is > 0 and var unwanted)
        {
            console.MarkupLineInterpolated($"    [yellow]it does not want {unwanted} now: it pulls them itself, does not name this gateway (--sync-with), or was brought too much lately[/]");
        }

        if (partner.Fault is { } fault)
        {
            console.MarkupLineInterpolated($"    [yellow]{Cells.Safe(fault)}[/]");
        }
    }

    private static string Bytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes:N0} B");
}
