using DChat.Abstractions.Admission;
using DChat.Abstractions.Flow;
using DChat.Abstractions.Messages;
using DChat.Core.Envelopes;
using DChat.Core.Shards;

namespace DChat.Gateway.Admission;

/// <summary>
/// Joins the batches for one shard from one door into calls of at most an <see cref="EnvelopeBatch"/>, as
/// <see cref="BatchFormer{TItem}"/> forms them.
/// </summary>
internal sealed class ShardAppender
{
    /// <summary>The most calls under way.</summary>
    internal const int MaxCalls = 4;

    private readonly Door _door;
    private readonly Func<AppendRequest, Task<PublishReply>> _append;
    private readonly BatchCaller<Waiting> _calls;

    /// <param name="door">The door.</param>
    /// <param name="append">Makes the call. When it fails, every batch in it fails with the same fault.</param>
    /// <param name="time">The clock of the linger.</param>
    public ShardAppender(Door door, Func<AppendRequest, Task<PublishReply>> append, TimeProvider time)
    {
        _door = door;
        _append = append;
        _calls = new BatchCaller<Waiting>(MaxCalls, BatchFormer<Waiting>.Linger, CallAsync, time);
    }

    /// <summary>Appends a batch; completes with one result for each envelope when all that were accepted are durable.</summary>
    public Task<(LogId Log, PublishResult[] Results)> AppendAsync(AdmittedBatch batch)
    {
        var waiting = new Waiting(batch);
        _calls.Add(batch.Source.Prefix, waiting, batch.Envelopes.Count, batch.Bytes);
        return waiting.Settled.Task;
    }

    private async Task CallAsync(IReadOnlyList<Waiting> batch)
    {
        try
        {
            var reply = await _append(Request(batch)).ConfigureAwait(false);
            var start = 0;
            foreach (var waiting in batch)
            {
                var end = start + waiting.Batch.Envelopes.Count;
                waiting.Settled.SetResult((reply.Log, reply.Results[start..end]));
                start = end;
            }
        }
        catch (Exception failure)
        {
            foreach (var waiting in batch)
            {
                waiting.Settled.TrySetException(failure);
            }
        }
    }

    private AppendRequest Request(IReadOnlyList<Waiting> batch)
    {
        List<ReadOnlyMemory<byte>> envelopes = [];
        List<IndexEntry> entries = [];
        foreach (var waiting in batch)
        {
            envelopes.AddRange(waiting.Batch.Envelopes);
            foreach (var result in waiting.Batch.Results)
            {
                entries.Add(result.Entry);
            }
        }

        return new AppendRequest(EnvelopeBatch.Pack(envelopes), entries, _door);
    }

    private sealed class Waiting(AdmittedBatch batch)
    {
        public AdmittedBatch Batch => batch;

        public TaskCompletionSource<(LogId Log, PublishResult[] Results)> Settled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
