using DChat.Abstractions.Messages;
using DChat.Core;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Core.Topics;

namespace DChat.Grains.SyncShard;

/// <summary>Takes what the index needs of admitted envelopes. Anything wrong here is a fault of the caller, not of a sender.</summary>
internal static class AppendRequestReader
{
    public static IndexEntry[] Read(AppendRequest request, ShardId shard, NetworkOptions network)
    {
        var batch = request.Envelopes;
        if (batch.Count is 0 or > EnvelopeBatch.MaxCount || batch.Bytes.Length > EnvelopeBatch.MaxBytes
            || request.Entries.Length != batch.Count * AppendRequest.EntryLength)
        {
            throw Malformed(
                $"{batch.Count} envelopes, {batch.Bytes.Length} bytes and {request.Entries.Length} bytes of entries; "
                + $"a batch has 1–{EnvelopeBatch.MaxCount} envelopes, at most {EnvelopeBatch.MaxBytes} bytes and {AppendRequest.EntryLength} bytes of entry each");
        }

        var entries = new IndexEntry[batch.Count];
        for (var i = 0; i < entries.Length; i++)
        {
            var entry = request.EntryAt(i);
            if (entry.Length > EnvelopeLimits.MaxBytes)
            {
                throw Malformed($"envelope {i} is {RejectionCode.Oversized.ToCode()}");
            }

            if (!Enum.IsDefined(entry.Class))
            {
                throw Malformed($"envelope {i} is {RejectionCode.UnknownClass.ToCode()}");
            }

            if (entry.Topic.ShardOf(network.ShardBits) != shard)
            {
                throw Malformed($"envelope {i} belongs to shard {entry.Topic.ShardOf(network.ShardBits)}, not {shard}");
            }

            entries[i] = entry;
        }

        return entries;
    }

    private static DChatException Malformed(string what) => new("batch-malformed", $"Nothing was kept of the batch: {what}.");
}
