using DChat.Core.Envelopes;

namespace DChat.Core.Shards;

/// <summary>
/// The messages that will become, or are, one append. Everybody who offered one of them, first or again, waits for
/// <see cref="Settled"/>: one completion for the whole append.
/// </summary>
public sealed class PendingAppend
{
    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<MessageRun> _runs = [];
    private ShardSnapshot? _snapshot;
    private RejectionCode _rejection;

    internal PendingAppend()
    {
    }

    /// <summary>Completes when the append is durable or has failed; never faults.</summary>
    public Task Settled => _settled.Task;

    internal List<IndexEntry> Entries { get; } = [];

    internal int Bytes { get; private set; }

    internal ulong FirstSequence { get; private set; }

    internal IReadOnlyList<MessageRun> Runs => _runs;

    internal int Add(in IndexEntry entry)
    {
        Entries.Add(entry);
        Bytes += entry.Length;
        return Entries.Count - 1;
    }

    internal void Add(MessageRun run) => _runs.Add(run);

    internal ShardAppend Begin(ulong firstSequence)
    {
        FirstSequence = firstSequence;
        var bytes = new byte[Bytes];
        var offset = 0;
        for (var i = 0; i < _runs.Count; i++)
        {
            var source = _runs[i].Envelopes.Bytes;
            source.CopyTo(bytes, offset);
            offset += source.Length;
            _runs[i] = _runs[i] with { FirstSequence = firstSequence };
            firstSequence += (ulong)_runs[i].Envelopes.Count;
        }

        return new ShardAppend(FirstSequence, Entries, bytes);
    }

    internal void SettleDurable(ShardSnapshot snapshot)
    {
        _snapshot = snapshot;
        _settled.SetResult();
    }

    internal void SettleRejected(RejectionCode rejection)
    {
        _rejection = rejection;
        _settled.SetResult();
    }

    internal OfferResult ResultOf(int slot, bool isDuplicate)
    {
        if (_rejection != RejectionCode.None)
        {
            return OfferResult.Rejected(_rejection);
        }

        var snapshot = _snapshot ?? throw new InvalidOperationException("The append has not settled.");
        var message = snapshot[FirstSequence + (ulong)slot];
        return OfferResult.Accepted(message.Sequence, message.TopicSequence, isDuplicate);
    }
}
