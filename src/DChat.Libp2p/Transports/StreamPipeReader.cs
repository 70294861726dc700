using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace DChat.Libp2p.Transports;

/// <summary>
/// What arrives on a stream. While bytes come, one buffer takes as many as the peer sends at once, as the last reads have shown;
/// while none do, only a small one stays, and none when nothing is unread: a peer that sends one byte of a frame and falls silent
/// makes this side hold little more than it has sent.
/// </summary>
internal sealed class StreamPipeReader(Stream stream) : PipeReader, IDisposable
{
    /// <summary>The most bytes asked for in one read: four full Noise messages, so most lie in one segment.</summary>
    internal const int ReadLength = 256 * 1024;

    /// <summary>Bytes held while nothing arrives, at least; beyond, at most <see cref="IdleFactor"/> times what is unread.</summary>
    internal const int IdleLength = 4096;

    /// <summary>See <see cref="IdleLength"/>.</summary>
    internal const int IdleFactor = 4;

    private readonly Lock _gate = new();
    private byte[] _buffer = [];
    private int _start;
    private int _end;

    // A socket now and then says that there is something when it was read already, and the read then waits with its whole buffer: what
    // a quiet connection asks for is small.
    private int _asked = IdleLength;
    private bool _examinedAll = true;
    private bool _ended;
    private bool _completed;
    private bool _cancelNext;
    private CancellationTokenSource _reading = new();

    /// <summary>Bytes held now.</summary>
    internal int Held => _buffer.Length;

    public override bool TryRead(out ReadResult result)
    {
        var cancelled = TakeCancel();
        result = Result(cancelled);
        return cancelled || !_examinedAll || _ended;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_completed, this);
        if (TryRead(out var result))
        {
            return result;
        }

        var reading = Reading();
        using var registration = cancellationToken.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), reading);
        try
        {
            await FillAsync(reading.Token).ConfigureAwait(false);
            return Result(cancelled: false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested && TakeCancel())
        {
            return Result(cancelled: true);
        }
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (_start == _end)
        {
            return;
        }

        var unread = Unread();
        var used = (int)unread.Slice(0, consumed).Length;
        _examinedAll = unread.Slice(0, examined).Length == unread.Length;
        _start += used;
        if (_start == _end)
        {
            Replace(0);
        }
    }

    public override void CancelPendingRead()
    {
        lock (_gate)
        {
            _cancelNext = true;
            _reading.Cancel();
        }
    }

    /// <summary>Disposes the stream.</summary>
    public override void Complete(Exception? exception = null)
    {
        if (!_completed)
        {
            _completed = true;
            _start = _end = 0;
            Replace(0);
            stream.Dispose();
        }
    }

    public void Dispose()
    {
        Complete();
        _reading.Dispose();
    }

    private ReadOnlySequence<byte> Unread() => new(_buffer, _start, _end - _start);

    private ReadResult Result(bool cancelled) => new(_start == _end ? default : Unread(), cancelled, _ended);

    /// <summary>What cancels the next read: the same again until it was used.</summary>
    private CancellationTokenSource Reading()
    {
        lock (_gate)
        {
            return _reading.IsCancellationRequested ? _reading = new CancellationTokenSource() : _reading;
        }
    }

    private bool TakeCancel()
    {
        lock (_gate)
        {
            var cancelled = _cancelNext;
            _cancelNext = false;
            return cancelled;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        // A read of nothing ends when there is something: a buffer is rented only to be filled.
        var wait = stream.ReadAsync(Memory<byte>.Empty, cancellationToken);
        if (!wait.IsCompleted && _buffer.Length > Math.Max(IdleLength, IdleFactor * (_end - _start)))
        {
            Replace(Math.Max(IdleLength, _end - _start));
        }

        await wait.ConfigureAwait(false);
        if (_buffer.Length - _end < _asked / 2)
        {
            Replace(Math.Max(_asked, 2 * (_end - _start)));
        }

        var room = _buffer.Length - _end;
        var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
        _asked = read == room ? Math.Min(4 * room, ReadLength) : read < _asked / 4 ? Math.Max(_asked / 2, IdleLength) : _asked;
        _end += read;
        _ended = read == 0;
        _examinedAll = false;
        if (_start == _end)
        {
            Replace(0);
        }
    }

    /// <summary>Moves what is unread to a buffer of so many bytes; to none when there are none.</summary>
    private void Replace(int length)
    {
        var old = _buffer;
        _buffer = length == 0 ? [] : ArrayPool<byte>.Shared.Rent(length);
        old.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        if (old.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(old);
        }
    }
}
