using DChat.Libp2p.Transports;

namespace DChat.Libp2p.Yamux;

/// <content>What the stream takes of its host: a place, and memory for what is unread.</content>
internal sealed partial class YamuxStream
{
    /// <summary>Bytes in which memory is taken, so that a stream that is read as it comes seldom asks.</summary>
    internal const int MemoryStep = 64 * 1024;

    // The stream itself until it has ended, and whoever serves it.
    private int _holders = 1;
    private int _memory;

    /// <summary>Bytes taken for what is unread.</summary>
    internal int Memory { get { lock (_gate) { return _memory; } } }

    /// <inheritdoc/>
    public bool TryHoldPlace()
    {
        while (true)
        {
            var holders = Volatile.Read(ref _holders);
            if (holders == 0)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref _holders, holders + 1, holders) == holders)
            {
                return true;
            }
        }
    }

    /// <inheritdoc/>
    public void ReleasePlace()
    {
        if (Interlocked.Decrement(ref _holders) != 0)
        {
            return;
        }

        lock (_gate)
        {
            // What this side asked for may still be read when both halves have ended.
            if (!IsOutbound || _fault is not null)
            {
                ReturnMemory(0);
            }
        }

        _session.Budget?.RemoveStream(IsOutbound);
    }

    /// <summary>What is taken for so many unread bytes; few are included in the place.</summary>
    private static int MemoryFor(long unread) =>
        unread <= IStreamBudget.BytesPerStream ? 0 : (int)Math.Min((unread + MemoryStep - 1) / MemoryStep * MemoryStep, int.MaxValue);

    /// <summary>Takes memory for bytes that arrive; false when there is none.</summary>
    private bool TryTakeMemory(long arriving)
    {
        var more = MemoryFor(_unread + arriving) - _memory;
        if (more <= 0 || _session.Budget is not { } budget)
        {
            return true;
        }

        if (!budget.TryTakeMemory(more))
        {
            return false;
        }

        _memory += more;
        return true;
    }

    /// <summary>Gives back what is more than needed.</summary>
    private void ReturnMemory(int needed)
    {
        if (_memory > needed)
        {
            _session.Budget?.ReturnMemory(_memory - needed);
            _memory = needed;
        }
    }
}
