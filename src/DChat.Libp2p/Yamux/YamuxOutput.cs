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
internal sealed partial class YamuxOutput(PipeWriter writer, Action<Exception> onFault) : IThreadPoolWorkItem
{
    /// <summary>Pending bytes from which on data waits.</summary>
    internal const int DataHighWater = 256 * 1024;

    /// <summary>Pending bytes of answers to the peer's frames: a peer that provokes more without reading them is cut off.</summary>
    internal const int MaxAnswerBytes = 64 * 1024;

    private readonly Lock _gate = new();
    private readonly Queue<YamuxWaitingFrame> _waiting = [];
    private readonly YamuxBatch _pending = new();
    private readonly YamuxBatch _urgent = new();
    private int _answerLength;
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
            return _pending.Length < DataHighWater
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

            if (_pending.Length < DataHighWater && _waiting.Count == 0 && TryTakeMemory(payload.Length))
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
        while (TakePending(out var batch, out var buffer))
        {
            try
            {
                // Behind the urgent frames that the writer holds by now.
                var flush = await writer.WriteAsync(batch).ConfigureAwait(false);
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
                YamuxBatch.Return(buffer);
            }
        }
    }

    private static async ValueTask WaitAsync(YamuxWaitingFrame frame, CancellationToken cancellationToken)
    {
        using var registration = cancellationToken.UnsafeRegister(static (state, token) => ((YamuxWaitingFrame)state!).TrySetCanceled(token), frame);
        await frame.Task.ConfigureAwait(false);
    }

    private bool TakePending(out ReadOnlyMemory<byte> batch, out byte[] buffer)
    {
        lock (_gate)
        {
            if (_fault is not null)
            {
                // Nothing can be sent any more.
                _pending.Clear();
                _urgent.Clear();
            }

            var hasUrgent = TakeUrgent();
            batch = _pending.Take(out buffer);
            MoveMemory();
            _answerLength = 0;
            _room?.SetResult();
            _room = null;
            while (_pending.Length < DataHighWater && _waiting.TryPeek(out var frame) && TryTakeMemory(frame.Payload.Length))
            {
                _waiting.Dequeue();

                // Claimed before copying, so that a caller who gave up does not see its frame sent all the same.
                if (frame.TryClaim())
                {
                    Append(frame.Header, frame.Payload.Span);
                    frame.SetResult();
                }
            }

            if (batch.Length > 0 || hasUrgent)
            {
                return true;
            }

            if (_pending.Length > 0)
            {
                batch = _pending.Take(out buffer);
                MoveMemory();
                return true;
            }

            _running = false;
            _idle?.SetResult();
            _idle = null;
            return false;
        }
    }

    /// <summary>Moves the urgent frames to the writer, which sends them with the next write, and before it; whether there are any.</summary>
    private bool TakeUrgent()
    {
        if (_urgent.Length == 0)
        {
            return false;
        }

        writer.Write(_urgent.Take(out var buffer).Span);
        YamuxBatch.Return(buffer);
        return true;
    }

    private void AppendControl(in YamuxHeader header)
    {
        (header.Type == YamuxType.Ping ? _urgent : _pending).Add(header, default);
        Run();
    }

    private void Append(in YamuxHeader header, ReadOnlySpan<byte> payload)
    {
        _pending.Add(header, payload);
        Run();
    }

    private void Run()
    {
        if (!_running)
        {
            _running = true;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }
}
