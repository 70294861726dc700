using DChat.Abstractions.Messages;
using DChat.Core;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Core.Topics;

namespace DChat.Grains.SyncShard;

/// <summary>Answers reads from an immutable snapshot, so that they never hold up an append.</summary>
internal sealed class ShardReader(LogId log, IShardLogWriter writer, ShardIndex index)
{
    public Task<ReadReply> ReadAsync(LogPosition after, int maxCount)
    {
        CheckCount(maxCount);
        var snapshot = index.Snapshot();
        if (IsGap(snapshot, after))
        {
            return Task.FromResult(Reply(ReadStatus.CursorGap, snapshot));
        }

        var count = (int)Math.Min(snapshot.Head - after.Sequence, (ulong)maxCount);
        var sequences = new ulong[count];
        for (var i = 0; i < count; i++)
        {
            sequences[i] = after.Sequence + (ulong)i + 1;
        }

        return ReadAsync(snapshot, sequences);
    }

    public Task<ReadReply> FetchAsync(TopicTag topic, LogPosition? after, int maxCount)
    {
        CheckCount(maxCount);
        var snapshot = index.Snapshot();
        if (after is { } position && IsGap(snapshot, position))
        {
            return Task.FromResult(Reply(ReadStatus.CursorGap, snapshot));
        }

        var sequences = new ulong[maxCount];
        var count = snapshot.CopyTopicSequences(topic, after?.Sequence ?? 0, sequences);
        return ReadAsync(snapshot, sequences[..count]);
    }

    private static void CheckCount(int maxCount)
    {
        if (maxCount is < 1 or > EnvelopeBatch.MaxCount)
        {
            throw new DChatException("count-out-of-range", $"maxCount is {maxCount}, but must be within 1–{EnvelopeBatch.MaxCount}.");
        }
    }

    private bool IsGap(ShardSnapshot snapshot, LogPosition after) =>
        after.Sequence != 0 && (after.Log != log || after.Sequence > snapshot.Head);

    private async Task<ReadReply> ReadAsync(ShardSnapshot snapshot, ulong[] sequences)
    {
        var messages = new List<IndexedMessage>(sequences.Length);
        var bytes = 0;
        foreach (var sequence in sequences)
        {
            var message = snapshot[sequence];
            bytes += message.Entry.Length;
            if (messages.Count > 0 && bytes > EnvelopeBatch.MaxBytes)
            {
                break;
            }

            messages.Add(message);
        }

        if (messages.Count == 0)
        {
            return Reply(ReadStatus.Ok, snapshot);
        }

        var stored = await writer.ReadAsync(messages.ToArray(), CancellationToken.None);
        if (stored.Holes.Count > 0)
        {
            var damaged = stored.Holes.ToHashSet();
            messages.RemoveAll(message => damaged.Contains(message.Sequence));
        }

        return new ReadReply(
            ReadStatus.Ok,
            new LogPosition(log, snapshot.Head),
            new EnvelopeBatch(stored.Bytes, [.. messages.Select(message => message.Entry.Length)]),
            [.. messages.Select(message => message.Sequence)],
            [.. messages.Select(message => message.TopicSequence)],
            [.. messages.Select(message => message.Entry.Door)],
            [.. stored.Holes]);
    }

    private ReadReply Reply(ReadStatus status, ShardSnapshot snapshot) =>
        new(status, new LogPosition(log, snapshot.Head), EnvelopeBatch.Empty, [], [], []);
}
