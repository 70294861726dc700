using DChat.Storage.Inspection;
using Spectre.Console;

namespace DChat.Cli.Output;

/// <summary>Draws what a data directory keeps.</summary>
internal static class LogTable
{
    public static void Write(IAnsiConsole console, IReadOnlyList<ShardSummary> shards)
    {
        Cells.Write(
            console,
            ["shard", "head", "open messages", "open bytes", "segments", "sealed messages", "sealed bytes"],
            [.. shards.Select(shard => (string[])
            [
                shard.Shard.ToString(),
                shard.Head.ToString(System.Globalization.CultureInfo.InvariantCulture),
                Cells.Number(shard.OpenMessages),
                Cells.Number(shard.OpenBytes),
                Cells.Number(shard.Segments.Count),
                Cells.Number(shard.Segments.Sum(segment => (long)segment.Count)),
                Cells.Number(shard.Segments.Sum(segment => segment.EnvelopeBytes)),
            ])]);
        Cells.Write(
            console,
            ["shard", "epoch", "class", "messages", "bytes", "root"],
            [.. shards.SelectMany(shard => shard.Segments).Select(segment => (string[])
            [
                segment.Id.Shard.ToString(),
                segment.Id.Epoch.ToString(),
                RetentionNames.Of(segment.Id.Class),
                Cells.Number(segment.Count),
                Cells.Number(segment.EnvelopeBytes),
                segment.Root.ToString(),
            ])]);
    }
}
