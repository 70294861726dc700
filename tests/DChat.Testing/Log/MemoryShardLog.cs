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

    public string? Problem => null;

    /// <summary>Called before each commit; returns its outcome. The default commits at once.</summary>
    public Func<ShardId, ShardAppend, Task<AppendOutcome>> BeforeCommit { get; set; } = (_, _) => Task.FromResult(AppendOutcome.Durable);

    public async ValueTask<IShardLogWriter> OpenAsync(ShardId shard, CancellationToken cancellationToken)
    {
        ShardState state;
        Task inFlight;
        ulong term;
        lock (_gate)
        {
            if (!_shards.TryGetValue(shard, out state!))
            {
                _shards[shard] = state = new ShardState();
            }

            term = ++state.Term;
            inFlight = state.InFlight;
        }

        await inFlight.WaitAsync(cancellationToken);
        lock (_gate)
        {
            return new Writer(this, shard, state, term);
        }
    }

    /// <summary>Damages what is stored of a message: readers find a hole.</summary>
    public void Damage(ShardId shard, ulong sequence)
    {
        lock (_gate)
        {
            _shards[shard].Damaged.Add(sequence);
        }
    }

    private sealed class ShardState
    {
        public ulong Term { get; set; }

        public Task InFlight { get; set; } = Task.CompletedTask;

        public List<(IndexEntry Entry, byte[] Envelope)> Messages { get; } = [];

        public HashSet<ulong> Damaged { get; } = [];
    }

    private sealed class Writer : IShardLogWriter
    {
        private readonly MemoryShardLog _log;
        private readonly ShardId _shard;
        private readonly ShardState _state;

        // Of this term alone: what a later writer appends, this one does not learn.
        public Writer(MemoryShardLog log, ShardId shard, ShardState state, ulong term)
        {
            (_log, _shard, _state, Term) = (log, shard, state, term);
            foreach (var (entry, _) in state.Messages)
            {
                Index.Append(entry, location: Index.Head);
            }
        }

        public ulong Term { get; }

        public ShardIndex Index { get; } = new(salt: 1);

        public async ValueTask<AppendOutcome> AppendAsync(ShardAppend append)
        {
            Task<AppendOutcome> commit;
            lock (_log._gate)
            {
                if (_state.Term != Term)
                {
                    return AppendOutcome.Fenced;
                }

                _state.InFlight = commit = CommitAsync(append);
            }

            return await commit;
        }

        public ValueTask<StoredEnvelopes> ReadAsync(ShardSnapshot snapshot, ReadOnlyMemory<ulong> sequences, CancellationToken cancellationToken)
        {
            var bytes = new List<byte>();
            var holes = new List<ulong>();
            lock (_log._gate)
            {
                foreach (var sequence in sequences.Span)
                {
                    if (_state.Damaged.Contains(sequence))
                    {
                        holes.Add(sequence);
                    }
                    else
                    {
                        bytes.AddRange(_state.Messages[(int)snapshot[sequence].Location].Envelope);
                    }
                }
            }

            return ValueTask.FromResult(new StoredEnvelopes([.. bytes], holes));
        }

        private async Task<AppendOutcome> CommitAsync(ShardAppend append)
        {
            await Task.Yield();
            var outcome = await _log.BeforeCommit(_shard, append);
            if (outcome != AppendOutcome.Durable)
            {
                return outcome;
            }

            lock (_log._gate)
            {
                if (append.FirstSequence != (ulong)_state.Messages.Count + 1)
                {
                    return AppendOutcome.OutOfSequence;
                }

                byte[] envelopes = [.. append.Runs.SelectMany(run => run.ToArray())];
                var offset = 0;
                foreach (var entry in append.Entries)
                {
                    _state.Messages.Add((entry, envelopes[offset..(offset += entry.Length)]));
                    Index.Append(entry, location: Index.Head);
                }

                return AppendOutcome.Durable;
            }
        }
    }
}
