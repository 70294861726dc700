using DChat.Abstractions.Messages;
using DChat.Abstractions.Streams;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Core.Topics;

namespace DChat.Client.Tests.Fakes;

/// <summary>One shard's log and stream in memory, with the contracts of the shard grain.</summary>
internal sealed class FakeShard(ShardId shard, LogId log, Action<ShardBatch> deliver)
{
    private readonly Lock _gate = new();
    private readonly List<byte[]> _envelopes = [];
    private readonly HashSet<ulong> _damaged = [];

    public ShardId Id => shard;

    public LogId Log { get; private set; } = log;

    public LogPosition Head { get { lock (_gate) { return new LogPosition(Log, (ulong)_envelopes.Count); } } }

    /// <summary>Starts another log, as a silo with an empty disk does.</summary>
    public void Replace()
    {
        lock (_gate)
        {
            Log = new LogId(Guid.NewGuid());
            _envelopes.Clear();
        }
    }

    /// <summary>Makes a message unreadable, as a bad sector does.</summary>
    public void Damage(ulong sequence)
    {
        lock (_gate)
        {
            _damaged.Add(sequence);
        }
    }

    public ShardBatch Append(params byte[][] envelopes)
    {
        Append(EnvelopeBatch.Pack([.. envelopes.Select(envelope => new ReadOnlyMemory<byte>(envelope))]), out var gossip);
        return gossip!;
    }

    public PublishResult[] Append(EnvelopeBatch batch, out ShardBatch? gossip)
    {
        lock (_gate)
        {
            var first = (ulong)_envelopes.Count + 1;
            List<int> fresh = [];
            var results = new PublishResult[batch.Count];
            var i = 0;
            foreach (var envelope in batch.Envelopes)
            {
                var known = _envelopes.FindIndex(kept => envelope.Span.SequenceEqual(kept));
                if (known < 0)
                {
                    _envelopes.Add(envelope.ToArray());
                    fresh.Add(i);
                }

                var sequence = (ulong)(known < 0 ? _envelopes.Count : known + 1);
                results[i++] = new PublishResult(sequence, TopicSequenceOf(sequence), isDuplicate: known >= 0);
            }

            gossip = fresh.Count == 0 ? null : new ShardBatch(
                shard, Log, first, first + (ulong)fresh.Count - 1, batch.Select(fresh), Door.Push, traceParent: null);
            return results;
        }
    }

    /// <summary>Delivers a batch to the subscribers of the shard's group.</summary>
    public void Deliver(ShardBatch batch) => deliver(batch);

    public ReadReply Read(TopicTag? topic, LogPosition? after, int maxCount)
    {
        lock (_gate)
        {
            var head = new LogPosition(Log, (ulong)_envelopes.Count);
            if (after is { Sequence: > 0 } position && (position.Log != Log || position.Sequence > head.Sequence))
            {
                return new ReadReply(ReadStatus.CursorGap, head, EnvelopeBatch.Empty, [], [], []);
            }

            List<ulong> sequences = [];
            var bytes = 0;
            for (var s = (after?.Sequence ?? 0) + 1; s <= head.Sequence && sequences.Count < maxCount; s++)
            {
                if (topic is null || TagOf(s) == topic)
                {
                    bytes += _envelopes[(int)s - 1].Length;
                    if (sequences.Count > 0 && bytes > EnvelopeBatch.MaxBytes)
                    {
                        break;
                    }

                    sequences.Add(s);
                }
            }

            ulong[] holes = [.. sequences.Where(_damaged.Contains)];
            sequences.RemoveAll(_damaged.Contains);
            var batch = EnvelopeBatch.Pack([.. sequences.Select(s => new ReadOnlyMemory<byte>(_envelopes[(int)s - 1]))]);
            return new ReadReply(ReadStatus.Ok, head, batch, [.. sequences], [.. sequences.Select(TopicSequenceOf)], [.. sequences.Select(_ => Door.Push)], holes);
        }
    }

    private ulong TopicSequenceOf(ulong sequence)
    {
        var tag = TagOf(sequence);
        return (ulong)Enumerable.Range(1, (int)sequence).Count(s => TagOf((ulong)s) == tag);
    }

    // Tests of the log alone append bytes that are no envelopes.
    private TopicTag TagOf(ulong sequence) =>
        Envelope.TryRead(_envelopes[(int)sequence - 1], out var view) == RejectionCode.None ? view.TopicTag : default;
}
