namespace DChat.Libp2p.Tests.Links;

/// <summary>One direction of a slow link: what is written waits, is on its way, then arrives. Moves on <see cref="Tick"/> only.</summary>
internal sealed class LinkDirection(LinkShape shape, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Random _random = new(shape.Seed);
    private readonly LinkedList<ReadOnlyMemory<byte>> _waiting = new();
    private readonly Queue<(long Due, ReadOnlyMemory<byte> Bytes)> _travelling = [];
    private readonly LinkedList<ReadOnlyMemory<byte>> _arrived = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _waitingLength;
    private int _beyondLength;
    private long _stalledUntil;
    private bool _readerClosed;
    private bool _writerClosed;
    private bool _isAwaited;
    private bool _silenced;

    /// <summary>Rises with every call that moves bytes in or out.</summary>
    internal long Activity { get; private set; }

    /// <summary>Whether the far end has taken all that has arrived and waits for more, so that it is done with what it took.</summary>
    internal bool IsTaken { get { lock (_gate) { return HasEnded || (_arrived.Count == 0 && _isAwaited); } } }

    /// <summary>Whether the far end is at the end; of a silenced link it hears nothing, not even that.</summary>
    private bool HasEnded => _readerClosed || (_writerClosed && !_silenced);

    /// <summary>From now on everything is lost, and nobody is told.</summary>
    internal void Silence()
    {
        lock (_gate)
        {
            _silenced = true;
        }
    }

    internal async ValueTask WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task wait;
            lock (_gate)
            {
                Activity++;
                if (_writerClosed || (_readerClosed && !_silenced))
                {
                    throw new IOException("The link is closed.");
                }

                var length = Math.Min(source.Length, shape.Buffer - _waitingLength);
                if (length > 0)
                {
                    _waiting.AddLast(source[..length].ToArray());
                    _waitingLength += length;
                    source = source[length..];
                }

                if (source.IsEmpty)
                {
                    return;
                }

                wait = _changed.Task;
            }

            await wait.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    internal async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task wait;
            lock (_gate)
            {
                Activity++;
                _isAwaited = _arrived.Count == 0;
                if (!_isAwaited || HasEnded)
                {
                    return Take(destination.Span);
                }

                wait = _changed.Task;
            }

            await wait.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The end that writes is closed; what is on its way is lost.</summary>
    internal void CloseWriter()
    {
        lock (_gate)
        {
            _writerClosed = true;
            Wake();
        }
    }

    /// <summary>The end that reads is closed; what is on its way is lost.</summary>
    internal void CloseReader()
    {
        lock (_gate)
        {
            _readerClosed = true;
            Wake();
        }
    }

    /// <summary>Moves what a link moves in so long a time.</summary>
    internal void Tick(TimeSpan elapsed)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow().Ticks;
            if (_random.NextDouble() < shape.StallsPerSecond * elapsed.TotalSeconds)
            {
                _stalledUntil = now + shape.Stall.Ticks;
            }

            if (now >= _stalledUntil)
            {
                Depart(now, (int)(shape.BytesPerSecond * elapsed.TotalSeconds));
            }

            while (_travelling.TryPeek(out var next) && next.Due <= now)
            {
                _arrived.AddLast(_travelling.Dequeue().Bytes);
                Wake();
            }
        }
    }

    private void Depart(long now, int budget)
    {
        while (budget > 0 && _waiting.Count > 0 && (_silenced || _beyondLength < shape.Buffer))
        {
            var bytes = TakeFirst(_waiting, budget);
            budget -= bytes.Length;
            _waitingLength -= bytes.Length;
            if (!_silenced)
            {
                _travelling.Enqueue((now + shape.Delay.Ticks, bytes));
                _beyondLength += bytes.Length;
            }

            Wake();
        }
    }

    private int Take(Span<byte> destination)
    {
        if (destination.IsEmpty || _arrived.Count == 0)
        {
            return 0;
        }

        var bytes = TakeFirst(_arrived, destination.Length);
        bytes.Span.CopyTo(destination);
        _beyondLength -= bytes.Length;
        return bytes.Length;
    }

    /// <summary>The first chunk, or so much of it.</summary>
    private static ReadOnlyMemory<byte> TakeFirst(LinkedList<ReadOnlyMemory<byte>> chunks, int most)
    {
        var head = chunks.First!.Value;
        chunks.RemoveFirst();
        if (head.Length <= most)
        {
            return head;
        }

        chunks.AddFirst(head[most..]);
        return head[..most];
    }

    private void Wake()
    {
        var woken = _changed;
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        woken.SetResult();
    }
}
