using DChat.Abstractions.Messages;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using Orleans.Streams;

namespace DChat.Grains.SyncShard;

/// <summary>
/// Carries durable runs to the shard's gossip stream, outside the commit path. Bounded: when the stream cannot keep up,
/// the oldest runs are left out, and subscribers see the gap and read it from the log. Runs on the grain's scheduler.
/// </summary>
internal sealed class ShardOutbox(IAsyncStream<ShardBatch> stream, LogId log, int maxBytes, Action<Exception> onFailure)
{
    private readonly LinkedList<MessageRun> _runs = [];
    private long _bytes;
    private Task _pump = Task.CompletedTask;

    /// <summary>Whether everything has been handed to the stream.</summary>
    public bool IsIdle => _pump.IsCompleted;

    public void Enqueue(IReadOnlyList<MessageRun> runs)
    {
        foreach (var run in runs)
        {
            _runs.AddLast(run);
            _bytes += run.Envelopes.Bytes.Length;
        }

        while (_bytes > maxBytes && _runs.First is { } oldest)
        {
            SyncShardInstruments.LeftOutOfGossip(oldest.Value.Envelopes.Count);
            Remove(oldest);
        }

        if (_pump.IsCompleted && _runs.Count > 0)
        {
            _pump = PumpAsync();
        }
    }

    /// <summary>Tells the head, unless messages are on their way that tell more.</summary>
    public Task HeartbeatAsync(ulong head) =>
        IsIdle ? PublishAsync(new ShardBatch(log, head + 1, EnvelopeBatch.Empty, Door.Push, null)) : Task.CompletedTask;

    private async Task PumpAsync()
    {
        while (_runs.Count > 0)
        {
            await PublishAsync(TakeBatch());
        }
    }

    /// <summary>Joins neighbouring runs from the same door, so that many small offers do not become as many stream items.</summary>
    private ShardBatch TakeBatch()
    {
        var first = _runs.First!.Value;
        var taken = new List<EnvelopeBatch>();
        int count = 0, bytes = 0;
        while (_runs.First is { } node
            && node.Value.Door == first.Door
            && node.Value.FirstSequence == first.FirstSequence + (ulong)count
            && (count == 0 || (count + node.Value.Envelopes.Count <= EnvelopeBatch.MaxCount
                && bytes + node.Value.Envelopes.Bytes.Length <= EnvelopeBatch.MaxBytes)))
        {
            taken.Add(node.Value.Envelopes);
            count += node.Value.Envelopes.Count;
            bytes += node.Value.Envelopes.Bytes.Length;
            Remove(node);
        }

        return new ShardBatch(log, first.FirstSequence, EnvelopeBatch.Join(taken), first.Door, first.TraceParent);
    }

    private void Remove(LinkedListNode<MessageRun> node)
    {
        _bytes -= node.Value.Envelopes.Bytes.Length;
        _runs.Remove(node);
    }

    private async Task PublishAsync(ShardBatch batch)
    {
        try
        {
            await stream.OnNextAsync(batch);
        }
        catch (Exception exception)
        {
            // The messages are durable; losing them here only costs subscribers a read from the log.
            SyncShardInstruments.LeftOutOfGossip(batch.Envelopes.Count);
            onFailure(exception);
        }
    }
}
