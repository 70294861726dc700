using DChat.Abstractions.Messages;
using DChat.Core;
using DChat.Core.Envelopes;
using DChat.Core.Sealing;
using DChat.Core.Shards;
using DChat.Core.Topics;

namespace DChat.Grains.SyncShard;

/// <summary>Reads what the index needs from admitted envelopes. Anything wrong here is a fault of the caller, not of a sender.</summary>
internal static class AppendRequestReader
{
    public static IndexEntry[] Read(AppendRequest request, ShardId shard, NetworkOptions network)
    {
        var batch = request.Envelopes;
        if (batch.Count is 0 or > EnvelopeBatch.MaxCount || batch.Bytes.Length > EnvelopeBatch.MaxBytes
            || request.MessageIds.Length != batch.Count * MessageId.Length)
        {
            throw Malformed(
                $"{batch.Count} envelopes, {batch.Bytes.Length} bytes and {request.MessageIds.Length} bytes of ids; "
                + $"a batch has 1–{EnvelopeBatch.MaxCount} envelopes, at most {EnvelopeBatch.MaxBytes} bytes and {MessageId.Length} bytes of id each");
        }

        var entries = new IndexEntry[batch.Count];
        var offset = 0;
        for (var i = 0; i < entries.Length; i++)
        {
            var bytes = batch.Bytes.AsSpan(offset, batch.Lengths[i]);
            offset += batch.Lengths[i];
            if (Envelope.TryRead(bytes, out var view) is var code and not RejectionCode.None)
            {
                throw Malformed($"envelope {i} is {code.ToCode()}");
            }

            if (view.TopicTag.ShardOf(network.ShardBits) != shard)
            {
                throw Malformed($"envelope {i} belongs to shard {view.TopicTag.ShardOf(network.ShardBits)}, not {shard}");
            }

            var id = new MessageId(new Bytes32(request.MessageIds.AsSpan(i * MessageId.Length, MessageId.Length)));
            entries[i] = new IndexEntry(id, view.TopicTag, view.Hlc, view.Class, bytes.Length, request.Door);
        }

        return entries;
    }

    private static DChatException Malformed(string what) => new("batch-malformed", $"Nothing was kept of the batch: {what}.");
}
