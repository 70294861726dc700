using DChat.Abstractions.Streams;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Grains.Streams;

namespace DChat.Grains.SyncShard;

/// <summary>
/// Puts durable runs into the silo's queue, outside the commit path: packed as they were appended, joined where they are
/// small. Runs that came by sync do not travel; only their range is named.
/// </summary>
internal sealed class ShardOutbox(ShardQueue queue, ActiveShard active, LogId log, int group)
{
    public void Enqueue(IReadOnlyList<MessageRun> runs)
    {
        for (var next = 0; next < runs.Count;)
        {
            var first = runs[next];
            var taken = Joined(runs, next);
            next += taken.Count;
            var through = LastOf(runs[next - 1]);
            var envelopes = first.Door == Door.Sync
                ? EnvelopeBatch.Empty
                : EnvelopeBatch.Join([.. taken.Select(run => run.Envelopes)]);
            queue.Add(group, new ShardBatch(active.Shard, log, first.FirstSequence, through, envelopes, first.Door, first.TraceParent));

            // After the batch: no heartbeat may tell of what is not in the queue yet.
            active.Head = through;
        }
    }

    /// <summary>Where the head stood some time ago, or earlier.</summary>
    public LogPosition HeadAt(TimeSpan ago) => new(log, active.HeadAt(ago));

    /// <summary>The shard is active here no more.</summary>
    public void Close() => active.Close();

    /// <summary>Neighbouring runs from the same door, so that many small offers do not become as many stream items.</summary>
    private static List<MessageRun> Joined(IReadOnlyList<MessageRun> runs, int from)
    {
        List<MessageRun> taken = [];
        int count = 0, bytes = 0;
        for (var i = from; i < runs.Count; i++)
        {
            var run = runs[i];
            count += run.Envelopes.Count;
            bytes += run.Envelopes.Bytes.Length;
            if (i > from && (run.Door != runs[from].Door
                || run.FirstSequence != LastOf(runs[i - 1]) + 1
                || count > EnvelopeBatch.MaxCount
                || bytes > EnvelopeBatch.MaxBytes))
            {
                break;
            }

            taken.Add(run);
        }

        return taken;
    }

    private static ulong LastOf(MessageRun run) => run.FirstSequence + (ulong)run.Envelopes.Count - 1;
}
