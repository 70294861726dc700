using DChat.Abstractions.Messages;
using DChat.Core;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Core.Topics;

namespace DChat.Grains.SyncShard;

/// <summary>Answers reads from an immutable snapshot, so that they never hold up an append.</summary>
internal sealed class ShardReader(LogId log, IShardLogWriter writer)
{
    public Task<ReadReply> ReadAsync(LogPosition after, int maxCount)
    {
        CheckCount(maxCount);
        var snapshot = writer.Index.Snapshot();
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
        var snapshot = writer.Index.Snapshot();
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
        var lengths = new List<int>(sequences.Length);
        var bytes = 0;
        foreach (var sequence in sequences)
        {
            var length = snapshot[sequence].Entry.Length;
            if (lengths.Count > 0 && bytes + length > EnvelopeBatch.MaxBytes)
            {
                break;
            }

            lengths.Add(length);
            bytes += length;
        }

        if (lengths.Count == 0)
        {
            return Reply(ReadStatus.Ok, snapshot);
        }

        var asked = sequences[..lengths.Count];
        var stored = await writer.ReadAsync(snapshot, asked, CancellationToken.None);
        var (read, readLengths) = stored.Holes.Count == 0 ? (asked, (int[])[.. lengths]) : Without(stored.Holes, asked, lengths);
        return new ReadReply(
            ReadStatus.Ok,
            new LogPosition(log, snapshot.Head),
            new EnvelopeBatch(stored.Bytes, readLengths),
            read,
            Array.ConvertAll(read, sequence => snapshot[sequence].TopicSequence),
            Array.ConvertAll(read, sequence => snapshot[sequence].Entry.Door),
            [.. stored.Holes]);
    }

    private static (ulong[] Sequences, int[] Lengths) Without(IReadOnlyList<ulong> holes, ulong[] asked, List<int> lengths)
    {
        var damaged = holes.ToHashSet();
        int[] kept = [.. Enumerable.Range(0, asked.Length).Where(i => !damaged.Contains(asked[i]))];
        return (Array.ConvertAll(kept, i => asked[i]), Array.ConvertAll(kept, i => lengths[i]));
    }

    private ReadReply Reply(ReadStatus status, ShardSnapshot snapshot) =>
        new(status, new LogPosition(log, snapshot.Head), EnvelopeBatch.Empty, [], [], []);
}
