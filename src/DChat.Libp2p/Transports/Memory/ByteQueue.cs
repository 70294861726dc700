namespace DChat.Libp2p.Transports.Memory;

/// <summary>
/// One direction of an in-process connection. Unlike a pipe it may be completed from either end at any time, as a
/// socket may be closed under a running read or write.
/// </summary>
internal sealed class ByteQueue
{
    /// <summary>Bytes in flight before writers wait: what a socket's buffers would hold.</summary>
    internal const int Capacity = 256 * 1024;

    private readonly Lock _gate = new();
    private readonly Queue<ReadOnlyMemory<byte>> _chunks = [];
    private ReadOnlyMemory<byte> _head;
    private int _length;
    private bool _completed;
    private TaskCompletionSource? _readable;
    private TaskCompletionSource? _writable;

    /// <summary>What is there, at once; waits while nothing is. Zero at the end, or for a read of zero bytes when something is there.</summary>
    internal async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task wait;
            lock (_gate)
            {
                if (_length > 0 || _completed)
                {
                    return Take(destination.Span);
                }

                wait = (_readable ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }

            await wait.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Copies everything in, waiting while the queue is full.</summary>
    internal async ValueTask WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task wait;
            lock (_gate)
            {
                if (_completed)
                {
                    throw new IOException("The connection is closed.");
                }

                source = source[Add(source)..];
                if (source.IsEmpty)
                {
                    return;
                }

                wait = (_writable ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }

            await wait.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Ends the direction: writes fail from now on, and reads end after what is there, or at once when <paramref name="discard"/>.</summary>
    internal void Complete(bool discard)
    {
        lock (_gate)
        {
            _completed = true;
            if (discard)
            {
                _chunks.Clear();
                _head = default;
                _length = 0;
            }

            Wake(ref _readable);
            Wake(ref _writable);
        }
    }

    private static void Wake(ref TaskCompletionSource? waiter)
    {
        waiter?.SetResult();
        waiter = null;
    }

    private int Take(Span<byte> destination)
    {
        var taken = 0;
        while (taken < destination.Length && _length > 0)
        {
            if (_head.IsEmpty)
            {
                _head = _chunks.Dequeue();
            }

            var length = Math.Min(_head.Length, destination.Length - taken);
            _head.Span[..length].CopyTo(destination[taken..]);
            _head = _head[length..];
            _length -= length;
            taken += length;
        }

        if (taken > 0)
        {
            Wake(ref _writable);
        }

        return taken;
    }

    private int Add(ReadOnlyMemory<byte> source)
    {
        var length = Math.Min(source.Length, Capacity - _length);
        if (length > 0)
        {
            _chunks.Enqueue(source[..length].ToArray());
            _length += length;
            Wake(ref _readable);
        }

        return length;
    }
}
