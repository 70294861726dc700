using DChat.Core.Shards;
using DChat.Core.Topics;

namespace DChat.Testing.Log;

/// <summary>
/// A shard log in memory with the fencing of the real ones, shared by all silos of a test cluster. Tests hold back commits
/// and choose outcomes through <see cref="BeforeCommit"/>.
/// </summary>
public sealed class MemoryShardLog : IShardLog
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ShardId, ShardState> _shards = [];

    public LogId Id { get; } = new(Guid.NewGuid());

    public bool IsHealthy => true;

    /// <summary>Called before each commit; returns its outcome. The default commits at once.</summary>
    public Func<ShardId, ShardAppend, Task<AppendOutcome>> BeforeCommit { get; set; } = (_, _) => Task.FromResult(AppendOutcome.Durable);

    public async ValueTask<IShardLogWriter> OpenAsync(ShardId shard, CancellationToken cancellationToken)
    {
        ShardState state;
        Task inFlight;
        Writer writer;
        lock (_gate)
        {
            if (!_shards.TryGetValue(shard, out state!))
            {
                _shards[shard] = state = new ShardState();
            }

            state.Term++;
            inFlight = state.InFlight;
            writer = new Writer(this, shard, state, state.Term);
        }

        await inFlight.WaitAsync(cancellationToken);
        return writer;
    }

    private sealed class ShardState
    {
        public ulong Term { get; set; }

        public Task InFlight { get; set; } = Task.CompletedTask;

        public ShardIndex Index { get; } = new(salt: 1);

        public List<byte[]> Envelopes { get; } = [];
    }

    private sealed class Writer(MemoryShardLog log, ShardId shard, ShardState state, ulong term) : IShardLogWriter
    {
        public ulong Term => term;

        public ShardIndex Index => state.Index;

        public async ValueTask<AppendOutcome> AppendAsync(ShardAppend append)
        {
            Task<AppendOutcome> commit;
            lock (log._gate)
            {
                if (state.Term != term)
                {
                    return AppendOutcome.Fenced;
                }

                state.InFlight = commit = CommitAsync(append);
            }

            return await commit;
        }

        public ValueTask<byte[]> ReadAsync(ShardSnapshot snapshot, ReadOnlyMemory<ulong> sequences, CancellationToken cancellationToken)
        {
            lock (log._gate)
            {
                var bytes = new List<byte>();
                foreach (var sequence in sequences.Span)
                {
                    bytes.AddRange(state.Envelopes[(int)snapshot[sequence].Location]);
                }

                return ValueTask.FromResult(bytes.ToArray());
            }
        }

        private async Task<AppendOutcome> CommitAsync(ShardAppend append)
        {
            await Task.Yield();
            var outcome = await log.BeforeCommit(shard, append);
            if (outcome != AppendOutcome.Durable)
            {
                return outcome;
            }

            lock (log._gate)
            {
                if (append.FirstSequence != state.Index.Head + 1)
                {
                    return AppendOutcome.OutOfSequence;
                }

                var offset = 0;
                foreach (var entry in append.Entries)
                {
                    state.Envelopes.Add(append.Envelopes.Slice(offset, entry.Length).ToArray());
                    state.Index.Append(entry, (ulong)state.Envelopes.Count - 1);
                    offset += entry.Length;
                }

                return AppendOutcome.Durable;
            }
        }
    }
}
