using System.Buffers;
using System.IO.Pipelines;

namespace DChat.Libp2p.Yamux;

/// <summary>
/// The writing half: gathers what is written and sends it as data frames when flushed, as far as the peer's window
/// allows. Used by one writer at a time, as every pipe.
/// </summary>
internal sealed class YamuxStreamWriter(YamuxStream stream) : PipeWriter
{
    /// <summary>Writes up to this length are copied behind what is gathered, to leave in one frame.</summary>
    private const int CopyLimit = 4096;

    private const int SmallestBuffer = 512;

    private byte[] _buffer = [];
    private int _start;
    private int _end;
    private Task? _closing;

    /// <summary>Whether closing has to wait for the peer.</summary>
    internal bool HasUnsent => _start < _end;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _end - _start;

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        EnsureRoom(Math.Max(sizeHint, 1));
        return _buffer.AsMemory(_end);
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, _buffer.Length - _end);
        _end += bytes;
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (_start == _end)
        {
            ReleaseBuffer();
            return default;
        }

        return FlushGatheredAsync(cancellationToken);
    }

    public override async ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        if (source.Length <= CopyLimit)
        {
            Keep(source);
            return await FlushAsync(cancellationToken).ConfigureAwait(false);
        }

        try
        {
            var flush = await FlushAsync(cancellationToken).ConfigureAwait(false);
            while (!source.IsEmpty)
            {
                var length = flush.IsCanceled ? 0 : await stream.ReserveSendAsync(source.Length, cancellationToken).ConfigureAwait(false);
                if (length == 0)
                {
                    Keep(source);
                    return new FlushResult(isCanceled: true, isCompleted: false);
                }

                await stream.SendAsync(source[..length], cancellationToken).ConfigureAwait(false);
                source = source[length..];
            }

            return flush;
        }
        catch (OperationCanceledException)
        {
            Keep(source);
            throw;
        }
    }

    public override void CancelPendingFlush() => stream.CancelWindowWait();

    /// <summary>Closes in the background when something is still to be sent; <see cref="CompleteAsync"/> waits.</summary>
    public override void Complete(Exception? exception = null) => _ = CompleteAsync(exception).AsTask();

    /// <summary>Closes, or resets when there is an exception or when the peer does not take what is written in time.</summary>
    public override ValueTask CompleteAsync(Exception? exception = null)
    {
        if (exception is not null)
        {
            stream.Reset();
            return default;
        }

        return stream.FinishWritingAsync();
    }

    /// <summary>
    /// Sends what is written, then FIN. Callers share one close, since two would send what is written twice; one that
    /// was cancelled may be asked for again.
    /// </summary>
    internal Task CloseAsync(CancellationToken cancellationToken)
    {
        if (TryCloseNow())
        {
            return Task.CompletedTask;
        }

        if (_closing is null or { IsCompletedSuccessfully: false, IsCompleted: true })
        {
            return _closing = CloseOnceAsync(cancellationToken);
        }

        return _closing.WaitAsync(cancellationToken);
    }

    /// <summary>Ends the half at once when nothing is to be sent or waited for; true when it has ended, now or before.</summary>
    internal bool TryCloseNow()
    {
        if (_closing is not null)
        {
            return _closing.IsCompletedSuccessfully;
        }

        if (HasUnsent || !stream.EndAfter.IsCompleted)
        {
            return false;
        }

        ReleaseBuffer();
        stream.SendFin();
        _closing = Task.CompletedTask;
        return true;
    }

    private async ValueTask<FlushResult> FlushGatheredAsync(CancellationToken cancellationToken)
    {
        while (_start < _end)
        {
            var length = await stream.ReserveSendAsync(_end - _start, cancellationToken).ConfigureAwait(false);
            if (length == 0)
            {
                return new FlushResult(isCanceled: true, isCompleted: false);
            }

            await stream.SendAsync(_buffer.AsMemory(_start, length), cancellationToken).ConfigureAwait(false);
            _start += length;
        }

        ReleaseBuffer();
        return default;
    }

    private async Task CloseOnceAsync(CancellationToken cancellationToken)
    {
        await FlushAsync(cancellationToken).ConfigureAwait(false);
        await stream.EndAfter.WaitAsync(cancellationToken).ConfigureAwait(false);
        stream.SendFin();
    }

    /// <summary>
    /// Takes bytes over. As with every pipe, a write that was cancelled is written and not flushed: whoever goes on
    /// writing sends it first, and the peer never finds a hole.
    /// </summary>
    private void Keep(ReadOnlyMemory<byte> source)
    {
        source.CopyTo(GetMemory(source.Length));
        _end += source.Length;
    }

    private void EnsureRoom(int length)
    {
        if (_buffer.Length - _end >= length)
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(SmallestBuffer, (_end - _start) + Math.Max(length, _end - _start)));
        _buffer.AsSpan(_start, _end - _start).CopyTo(larger);
        _end -= _start;
        _start = 0;
        var old = _buffer;
        _buffer = larger;
        Return(old);
    }

    private void ReleaseBuffer()
    {
        _start = _end = 0;
        var old = _buffer;
        _buffer = [];
        Return(old);
    }

    private static void Return(byte[] buffer)
    {
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
