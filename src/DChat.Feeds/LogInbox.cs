using DChat.Abstractions.Streams;
using DChat.Core.Shards;

namespace DChat.Feeds;

/// <summary>What an inbox has for its follower: a range, or no more than the news that the head is elsewhere.</summary>
internal readonly record struct InboxItem(EnvelopeRange? Range, LogPosition Head);

/// <summary>
/// A bounded queue between a producer that must not wait and one follower. When it is full the newest range is dropped and
/// only the head remembered: the follower finds the gap and reads it from the log.
/// </summary>
internal sealed class LogInbox(long maxBytes)
{
    /// <summary>The most ranges held, however small: each costs some memory besides its bytes.</summary>
    internal const int MaxRanges = 4_096;

    private readonly Lock _gate = new();
    private readonly Queue<EnvelopeRange> _ranges = new();
    private long _bytes;
    private LogPosition? _head;
    private Exception? _closed;
    private TaskCompletionSource? _waiter;

    /// <summary>Adds a range; false when it was dropped because the follower is behind. An empty inbox takes any range.</summary>
    public bool TryAdd(EnvelopeRange range)
    {
        lock (_gate)
        {
            NoteHeadLocked(range.Cursor);
            if (_ranges.Count > 0 && (_ranges.Count == MaxRanges || _bytes + range.Envelopes.Bytes.Length > maxBytes))
            {
                return false;
            }

            _ranges.Enqueue(range);
            _bytes += range.Envelopes.Bytes.Length;
            WakeLocked();
            return true;
        }
    }

    /// <summary>Tells that the log reaches this far.</summary>
    public void NoteHead(LogPosition head)
    {
        lock (_gate)
        {
            NoteHeadLocked(head);
            WakeLocked();
        }
    }

    /// <summary>Corrects the head: the log itself has said so.</summary>
    public void SetHead(LogPosition head)
    {
        lock (_gate)
        {
            _head = head;
        }
    }

    /// <summary>Ends the inbox; the follower sees <paramref name="reason"/> once it has taken what is here.</summary>
    public void Close(Exception reason)
    {
        lock (_gate)
        {
            _closed ??= reason;
            WakeLocked();
        }
    }

    /// <summary>The next range, or the head when nothing is queued and it is not at <paramref name="position"/> or before.</summary>
    public async ValueTask<InboxItem> TakeAsync(LogPosition position, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_ranges.TryDequeue(out var range))
                {
                    _bytes -= range.Envelopes.Bytes.Length;
                    return new InboxItem(range, range.Cursor);
                }

                if (_head is { } head && (head.Log != position.Log || head.Sequence > position.Sequence))
                {
                    return new InboxItem(Range: null, head);
                }

                if (_closed is not null)
                {
                    throw _closed;
                }

                _waiter ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                changed = _waiter.Task;
            }

            await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private void NoteHeadLocked(LogPosition head)
    {
        if (_head is not { } known || known.Log != head.Log || head.Sequence > known.Sequence)
        {
            _head = head;
        }
    }

    private void WakeLocked()
    {
        _waiter?.TrySetResult();
        _waiter = null;
    }
}
