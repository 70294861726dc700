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

    public IReadOnlyList<ShardId> Unreleased
    {
        get
        {
            lock (_gate)
            {
                return [.. _shards.Where(shard => (ulong)shard.Value.Messages.Count > shard.Value.Released).Select(shard => shard.Key).OrderBy(shard => shard.Value)];
            }
        }
    }

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

        public ulong Released { get; set; }

        public Task InFlight { get; set; } = Task.CompletedTask;

        public List<(IndexEntry Entry, uint TopicSequence, byte[] Envelope)> Messages { get; } = [];

        public HashSet<ulong> Damaged { get; } = [];
    }

    private sealed class Writer : IShardLogWriter
    {
        private readonly MemoryShardLog _log;
        private readonly ShardId _shard;
        private readonly ShardState _state;

        public Writer(MemoryShardLog log, ShardId shard, ShardState state, ulong term) => (_log, _shard, _state, Term) = (log, shard, state, term);

        public ulong Term { get; }

        public bool IsFenced { get { lock (_log._gate) { return _state.Term != Term; } } }

        public ulong Head { get { lock (_log._gate) { return (ulong)_state.Messages.Count; } } }

        public ValueTask ReplayAsync(ReplayMessage message, CancellationToken cancellationToken)
        {
            lock (_log._gate)
            {
                for (var i = 0; i < _state.Messages.Count; i++)
                {
                    message(_state.Messages[i].Entry, (ulong)i + 1, _state.Messages[i].TopicSequence, location: (ulong)i);
                }
            }

            return ValueTask.CompletedTask;
        }

        public async ValueTask<AppendResult> AppendAsync(ShardAppend append)
        {
            Task<AppendResult> commit;
            lock (_log._gate)
            {
                if (_state.Term != Term)
                {
                    return AppendResult.Not(AppendOutcome.Fenced);
                }

                _state.InFlight = commit = CommitAsync(append);
            }

            return await commit;
        }

        public ValueTask<StoredEnvelopes> ReadAsync(ReadOnlyMemory<IndexedMessage> messages, CancellationToken cancellationToken)
        {
            var bytes = new List<byte>();
            var holes = new List<ulong>();
            lock (_log._gate)
            {
                foreach (var message in messages.Span)
                {
                    if (_state.Damaged.Contains(message.Sequence))
                    {
                        holes.Add(message.Sequence);
                    }
                    else
                    {
                        bytes.AddRange(_state.Messages[(int)message.Location].Envelope);
                    }
                }
            }

            return ValueTask.FromResult(new StoredEnvelopes([.. bytes], holes));
        }

        // All of it stays in memory.
        public void Release(ulong through)
        {
            lock (_log._gate)
            {
                _state.Released = Math.Max(_state.Released, through);
            }
        }

        private async Task<AppendResult> CommitAsync(ShardAppend append)
        {
            await Task.Yield();
            var outcome = await _log.BeforeCommit(_shard, append);
            if (outcome != AppendOutcome.Durable)
            {
                return AppendResult.Not(outcome);
            }

            lock (_log._gate)
            {
                if (append.FirstSequence != (ulong)_state.Messages.Count + 1)
                {
                    return AppendResult.Not(AppendOutcome.OutOfSequence);
                }

                byte[] envelopes = [.. append.Runs.SelectMany(run => run.ToArray())];
                var locations = new ulong[append.Entries.Count];
                var offset = 0;
                for (var i = 0; i < locations.Length; i++)
                {
                    var entry = append.Entries[i];
                    locations[i] = (ulong)_state.Messages.Count;
                    _state.Messages.Add((entry, append.TopicSequences[i], envelopes[offset..(offset += entry.Length)]));
                }

                return new AppendResult(AppendOutcome.Durable, locations);
            }
        }
    }
}
