using System.Buffers;
using System.IO.Pipelines;

namespace DChat.Libp2p.Yamux;

/// <summary>
/// The one way out of a session. Frames are copied behind each other while the last write is under way, and leave
/// together: many small frames cost one encryption and one system call. Holds no buffer while nothing is to be sent.
/// </summary>
/// <remarks>
/// Data waits, in order, while <see cref="DataHighWater"/> bytes are pending. Control frames never wait, since the
/// reading side sends some and must not stop reading; those that the peer provokes are limited instead. Pings and their
/// answers go before everything that is pending: on a slow link they would else tell how much waits, not who lives.
/// </remarks>
internal sealed class YamuxOutput(PipeWriter writer, Action<Exception> onFault) : IThreadPoolWorkItem
{
    /// <summary>Pending bytes from which on data waits.</summary>
    internal const int DataHighWater = 256 * 1024;

    /// <summary>Pending bytes of answers to the peer's frames: a peer that provokes more without reading them is cut off.</summary>
    internal const int MaxAnswerBytes = 64 * 1024;

    private const int SmallestBuffer = 1024;

    private readonly Lock _gate = new();
    private readonly Queue<YamuxWaitingFrame> _waiting = [];
    private byte[] _pending = [];
    private int _pendingLength;

    // The frame that ends what is pending: what comes next for its stream may go into it. None when its start is negative.
    private YamuxHeader _last;
    private int _lastStart = -1;

    // As much as the last batch: a busy connection then never copies what is pending to a larger buffer.
    private int _expectedLength = SmallestBuffer;
    private int _answerLength;
    private byte[] _urgent = [];
    private int _urgentLength;
    private bool _running;
    private Exception? _fault;
    private TaskCompletionSource? _idle;
    private TaskCompletionSource? _room;

    /// <summary>Queues a frame without payload that this side sends of its own accord; a ping goes first.</summary>
    internal void WriteControl(in YamuxHeader header)
    {
        lock (_gate)
        {
            if (_fault is null)
            {
                AppendControl(header);
            }
        }
    }

    /// <summary>Queues a frame without payload that the peer has provoked; false when too many are pending.</summary>
    internal bool TryWriteAnswer(in YamuxHeader header)
    {
        lock (_gate)
        {
            if (_fault is not null)
            {
                return true;
            }

            if (_answerLength + YamuxHeader.Size > MaxAnswerBytes)
            {
                return false;
            }

            _answerLength += YamuxHeader.Size;
            AppendControl(header);
            return true;
        }
    }

    /// <summary>Waits while so much is pending that data would wait; at most until the write under way has ended.</summary>
    internal Task WaitForRoomAsync()
    {
        lock (_gate)
        {
            return _pendingLength < DataHighWater
                ? Task.CompletedTask
                : (_room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>Queues a data frame; completes once it is copied, which is when the caller may reuse <paramref name="payload"/>.</summary>
    internal ValueTask WriteDataAsync(uint streamId, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        var header = new YamuxHeader(YamuxType.Data, YamuxFlags.None, streamId, (uint)payload.Length);
        YamuxWaitingFrame waiting;
        lock (_gate)
        {
            if (_fault is not null)
            {
                return ValueTask.FromException(_fault);
            }

            if (_pendingLength < DataHighWater && _waiting.Count == 0)
            {
                Append(header, payload.Span);
                return default;
            }

            waiting = new YamuxWaitingFrame(header, payload);
            _waiting.Enqueue(waiting);
        }

        return WaitAsync(waiting, cancellationToken);
    }

    /// <summary>Completes when everything queued so far has been written, or writing has failed.</summary>
    internal Task DrainAsync()
    {
        lock (_gate)
        {
            return _running ? (_idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task : Task.CompletedTask;
        }
    }

    /// <summary>Refuses frames from now on and fails those that wait.</summary>
    internal void Stop(Exception reason)
    {
        YamuxWaitingFrame[] abandoned;
        lock (_gate)
        {
            _fault ??= reason;
            abandoned = [.. _waiting];
            _waiting.Clear();
        }

        foreach (var frame in abandoned)
        {
            frame.TrySetException(reason);
        }
    }

    /// <summary>Writes until nothing is pending. Runs on the thread pool, at most once at a time.</summary>
    void IThreadPoolWorkItem.Execute() => _ = WritePendingAsync();

    private async Task WritePendingAsync()
    {
        while (TakePending(out var batch, out var length))
        {
            try
            {
                // Behind the urgent frames that the writer holds by now.
                var flush = await writer.WriteAsync(batch.AsMemory(0, length)).ConfigureAwait(false);
                if (flush.IsCompleted)
                {
                    throw new Libp2pException(Libp2pErrorCodes.ConnectionClosed, "The peer closed the connection.", isTransient: true);
                }
            }
            catch (Exception e)
            {
                // Whatever the transport throws ends the session; the session says so to its streams.
                var fault = YamuxSession.Lost(e);
                Stop(fault);
                onFault(fault);
            }
            finally
            {
                Return(batch);
            }
        }
    }

    private static async ValueTask WaitAsync(YamuxWaitingFrame frame, CancellationToken cancellationToken)
    {
        using var registration = cancellationToken.UnsafeRegister(static (state, token) => ((YamuxWaitingFrame)state!).TrySetCanceled(token), frame);
        await frame.Task.ConfigureAwait(false);
    }

    private bool TakePending(out byte[] batch, out int length)
    {
        lock (_gate)
        {
            if (_fault is not null)
            {
                DropPending();
            }

            var hasUrgent = _urgentLength > 0;
            TakeUrgent();
            batch = _pending;
            length = _pendingLength;
            _expectedLength = Math.Max(SmallestBuffer, length);
            ForgetPending();
            _answerLength = 0;
            _room?.SetResult();
            _room = null;
            while (_pendingLength < DataHighWater && _waiting.TryDequeue(out var frame))
            {
                // Claimed before copying, so that a caller who gave up does not see its frame sent all the same.
                if (frame.TryClaim())
                {
                    Append(frame.Header, frame.Payload.Span);
                    frame.SetResult();
                }
            }

            if (length > 0 || hasUrgent)
            {
                return true;
            }

            if (_pendingLength > 0)
            {
                (batch, length) = (_pending, _pendingLength);
                ForgetPending();
                return true;
            }

            _running = false;
            _idle?.SetResult();
            _idle = null;
            return false;
        }
    }

    /// <summary>Nothing can be sent any more.</summary>
    private void DropPending()
    {
        Return(_pending);
        ForgetPending();
        _urgentLength = 0;
    }

    /// <summary>Starts anew: whoever took what was pending returns its buffer.</summary>
    private void ForgetPending() => (_pending, _pendingLength, _lastStart) = ([], 0, -1);

    /// <summary>Moves the urgent frames to the writer, which sends them with the next write, and before it.</summary>
    private void TakeUrgent()
    {
        if (_urgentLength > 0)
        {
            writer.Write(_urgent.AsSpan(0, _urgentLength));
        }

        Return(_urgent);
        (_urgent, _urgentLength) = ([], 0);
    }

    private void AppendControl(in YamuxHeader header)
    {
        if (header.Type == YamuxType.Ping)
        {
            var start = _urgentLength;
            header.Write(Grow(ref _urgent, ref _urgentLength, YamuxHeader.Size, SmallestBuffer)[start..]);
            Run();
        }
        else
        {
            Append(header, default);
        }
    }

    private void Append(in YamuxHeader header, ReadOnlySpan<byte> payload)
    {
        if (TryExtendLast(header, payload))
        {
            return;
        }

        var start = _pendingLength;
        (_last, _lastStart) = (header, start);
        var frame = Grow(ref _pending, ref _pendingLength, YamuxHeader.Size + payload.Length, _expectedLength)[start..];
        header.Write(frame);
        payload.CopyTo(frame[YamuxHeader.Size..]);
        Run();
    }

    /// <summary>
    /// Puts data into the frame before it: one that opens or accepts the stream takes its first bytes along, and what is
    /// written in turn leaves as if written at once. Never into one that ends the stream, since js would not see the data.
    /// </summary>
    private bool TryExtendLast(in YamuxHeader header, ReadOnlySpan<byte> payload)
    {
        if (_lastStart < 0
            || header is not { Type: YamuxType.Data, Flags: YamuxFlags.None }
            || _last.StreamId != header.StreamId
            || _last.Has(YamuxFlags.Fin | YamuxFlags.Rst))
        {
            return false;
        }

        // A window that opens has no room for a length of data.
        var isData = _last.Type == YamuxType.Data;
        var length = isData ? _last.Length + header.Length : header.Length;
        if ((!isData && _last.Length != 0) || length > YamuxStream.MaxFrame)
        {
            return false;
        }

        var start = _pendingLength;
        payload.CopyTo(Grow(ref _pending, ref _pendingLength, payload.Length, _expectedLength)[start..]);
        _last = _last with { Type = YamuxType.Data, Length = length };
        _last.Write(_pending.AsSpan(_lastStart));
        return true;
    }

    private void Run()
    {
        if (!_running)
        {
            _running = true;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    /// <summary>Makes room for more bytes at the end of a buffer, and counts them.</summary>
    private static Span<byte> Grow(ref byte[] buffer, ref int length, int more, int smallest)
    {
        if (length + more > buffer.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(length + more, Math.Max(smallest, 2 * buffer.Length)));
            buffer.AsSpan(0, length).CopyTo(larger);
            Return(buffer);
            buffer = larger;
        }

        length += more;
        return buffer.AsSpan(0, length);
    }

    private static void Return(byte[] buffer)
    {
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
