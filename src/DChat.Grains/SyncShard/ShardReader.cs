using DChat.Abstractions.Messages;
using DChat.Core;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Core.Topics;

namespace DChat.Grains.SyncShard;

/// <summary>
/// Answers reads from an immutable view, so that they never hold up an append. A message that is sealed between the view and the reading
/// of it may be gone from the log: then the read is done anew with the view that has it among the sealed.
/// </summary>
internal sealed class ShardReader(LogId log, IShardLogWriter writer, SealedReads reads, Func<ShardView> view)
{
    // Each time a whole sealing would have to end within one read.
    private const int MaxAttempts = 3;

    public Task<ReadReply> ReadAsync(LogPosition after, int maxCount) => ReadAsync(
        after,
        maxCount,
        snapshot => snapshot.After(after.Sequence, maxCount),
        sealedMessages => sealedMessages.After(after.Sequence, maxCount));

    public Task<ReadReply> FetchAsync(TopicTag topic, LogPosition? after, int maxCount) => ReadAsync(
        after ?? new LogPosition(log, 0),
        maxCount,
        snapshot => snapshot.After(topic, after?.Sequence ?? 0, maxCount),
        sealedMessages => sealedMessages.After(topic, after?.Sequence ?? 0, maxCount));

    private async Task<ReadReply> ReadAsync(
        LogPosition after,
        int maxCount,
        Func<ShardSnapshot, IReadOnlyList<IndexedMessage>> open,
        Func<ISealedMessages, IReadOnlyList<StoredMessage>> sealedMessages)
    {
        if (maxCount is < 1 or > EnvelopeBatch.MaxCount)
        {
            throw new DChatException("count-out-of-range", $"maxCount is {maxCount}, but must be within 1–{EnvelopeBatch.MaxCount}.");
        }

        for (var attempt = 1; ; attempt++)
        {
            var seen = view();
            try
            {
                if (await TryReadAsync(seen, after, maxCount, open, sealedMessages, isLast: attempt == MaxAttempts) is { } reply)
                {
                    return reply;
                }
            }
            catch (DChatException e) when (e.IsTransient && seen != view() && attempt < MaxAttempts)
            {
                // What was read is gone, and the view of now has it elsewhere.
            }
        }
    }

    private async Task<ReadReply?> TryReadAsync(
        ShardView seen,
        LogPosition after,
        int maxCount,
        Func<ShardSnapshot, IReadOnlyList<IndexedMessage>> open,
        Func<ISealedMessages, IReadOnlyList<StoredMessage>> sealedMessages,
        bool isLast)
    {
        var snapshot = seen.Open.Snapshot();
        if (after.Sequence != 0 && (after.Log != log || after.Sequence > snapshot.Head))
        {
            return Reply(ReadStatus.CursorGap, snapshot);
        }

        var ofSealed = after.Sequence >= seen.Sealed.LastSequence ? [] : await reads.AskAsync(() => sealedMessages(seen.Sealed));
        var read = new ShardRead(open(snapshot), ofSealed, maxCount);
        if (read.Messages.Count == 0)
        {
            return Reply(ReadStatus.Ok, snapshot);
        }

        var fromLog = read.Open.Length == 0 ? new StoredEnvelopes([], []) : await writer.ReadAsync(read.Open, CancellationToken.None);
        if (fromLog.Holes.Count > 0 && seen != view() && !isLast)
        {
            return null;
        }

        var fromSegments = read.Sealed.Length == 0 ? new StoredEnvelopes([], []) : await reads.AskAsync(() => seen.Sealed.Read(read.Sealed));
        return read.Reply(new LogPosition(log, snapshot.Head), fromLog, fromSegments);
    }

    private ReadReply Reply(ReadStatus status, ShardSnapshot snapshot) =>
        new(status, new LogPosition(log, snapshot.Head), EnvelopeBatch.Empty, [], [], []);
}
