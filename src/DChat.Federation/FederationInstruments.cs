using System.Diagnostics.Metrics;
using DChat.Abstractions.Diagnostics;
using DChat.Abstractions.Messages;

namespace DChat.Federation;

/// <summary>The metrics of sync.</summary>
internal static class FederationInstruments
{
    private static readonly Counter<long> Shards = DChatTelemetry.Meter.CreateCounter<long>(
        "dchat.sync.shards", "{shard}", "Shards reconciled with a partner, by method; a failed one has the method failed.");

    private static readonly Counter<long> Messages = DChatTelemetry.Meter.CreateCounter<long>(
        "dchat.sync.messages", "{message}", "Messages that sync brought over, by direction: pulled, given, deferred or refused.");

    private static readonly Counter<long> Bytes = DChatTelemetry.Meter.CreateCounter<long>(
        "dchat.sync.bytes", "By", "Bytes both ways of our runs, by purpose: finding or transfer.");

    private static readonly Histogram<double> Duration = DChatTelemetry.Meter.CreateDuration(
        "dchat.sync.run.duration", "Time of a run over all shards with one partner.");

    public static void Reconciled(SyncShardRun run)
    {
        Shards.Add(1, new KeyValuePair<string, object?>("method", run.Fault is null ? run.Method : "failed"));
        Count("pulled", run.Pulled);
        Count("given", run.Given);
        Count("deferred", run.Deferred);
        Count("refused", run.Refused);
        Bytes.Add(run.FindingBytes, new KeyValuePair<string, object?>("purpose", "finding"));
        Bytes.Add(run.TransferBytes, new KeyValuePair<string, object?>("purpose", "transfer"));
    }

    public static void Ran(TimeSpan duration) => Duration.Record(duration.TotalSeconds);

    private static void Count(string direction, long messages)
    {
        if (messages > 0)
        {
            Messages.Add(messages, new KeyValuePair<string, object?>("direction", direction));
        }
    }
}
