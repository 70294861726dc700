using System.Diagnostics.Metrics;
using DChat.Abstractions.Diagnostics;
using DChat.Core.Envelopes;
using DChat.Core.Sealing;
using DChat.Core.Segments;
using DChat.Core.Shards;

namespace DChat.Grains.SyncShard;

internal static class SyncShardInstruments
{
    private static readonly Counter<long> Accepted =
        DChatTelemetry.Meter.CreateCounter<long>("dchat.shard.accepted", "{message}", "Messages made durable.");

    private static readonly Counter<long> Duplicates =
        DChatTelemetry.Meter.CreateCounter<long>("dchat.shard.duplicates", "{message}", "Messages offered again.");

    private static readonly Counter<long> Rejected =
        DChatTelemetry.Meter.CreateCounter<long>("dchat.shard.rejected", "{message}", "Messages the shard rejected, by code.");

    private static readonly Counter<long> GossipDropped =
        DChatTelemetry.Meter.CreateCounter<long>("dchat.gossip.dropped", "{message}", "Durable messages left out of the gossip stream.");

    private static readonly Histogram<int> AppendSize =
        DChatTelemetry.Meter.CreateHistogram<int>("dchat.shard.append.size", "{message}", "Messages in one append.");

    private static readonly Histogram<double> AppendDuration =
        DChatTelemetry.Meter.CreateDuration("dchat.shard.append.duration", "Time from the start of an append until it is durable.");

    private static readonly Counter<long> SealedMessages =
        DChatTelemetry.Meter.CreateCounter<long>("dchat.shard.sealed", "{message}", "Messages sealed into segments, by retention class.");

    private static readonly Histogram<double> SealDuration =
        DChatTelemetry.Meter.CreateDuration("dchat.shard.seal.duration", "Time to seal the messages of one shard and epoch.");

    public static void Sealed(SealedRoot segment, TimeSpan duration)
    {
        SealedMessages.Add(segment.Count, new KeyValuePair<string, object?>("class", segment.Id.Class.ToString()));
        SealDuration.Record(duration.TotalSeconds);
    }

    public static void Settled(OfferResult result)
    {
        if (result.Rejection != RejectionCode.None)
        {
            Rejected.Add(1, new KeyValuePair<string, object?>("code", result.Rejection.ToCode()));
        }
        else if (result.IsDuplicate)
        {
            Duplicates.Add(1);
        }
    }

    public static void Appended(int messages, TimeSpan duration)
    {
        Accepted.Add(messages);
        AppendSize.Record(messages);
        AppendDuration.Record(duration.TotalSeconds);
    }

    public static void LeftOutOfGossip(int messages) => GossipDropped.Add(messages);
}
