using System.Diagnostics;
using DChat.Core.Shards;
using DChat.Storage.Log.Local.Checkpoint;
using DChat.Storage.Log.Local.Wal;
using Microsoft.Extensions.Logging;

namespace DChat.Storage.Log.Local;

/// <summary>
/// The one thread that writes the log. It takes whatever batches have come while the group before was being synced, makes
/// them one frame, syncs, notes where they are and answers each. It never waits for more: under load the sync itself
/// is the wait, and without load there is nothing to gain.
/// </summary>
internal sealed partial class GroupCommitter
{
    /// <summary>The most bytes of records waiting to be written; a batch beyond is refused for the moment.</summary>
    public const long MaxPendingBytes = 64L << 20;

    private readonly WalWriter _wal;
    private readonly Checkpointer _checkpointer;
    private readonly LocalShardLogInstruments _instruments;
    private readonly ILogger _logger;
    private readonly FrameBuffer _frame = new();
    private readonly List<QueuedAppend> _group = [];
    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly object _gate = new();
    private List<QueuedAppend> _queue = [];
    private List<TaskCompletionSource> _drains = [];
    private long _pendingBytes;
    private bool _isStopping;
    private bool _probe;
    private volatile bool _isFull;
    private volatile Exception? _failure;

    /// <summary>Starts the thread.</summary>
    public GroupCommitter(WalWriter wal, Checkpointer checkpointer, LocalShardLogInstruments instruments, ILogger logger)
    {
        _wal = wal;
        _checkpointer = checkpointer;
        _instruments = instruments;
        _logger = logger;
        new Thread(Run) { IsBackground = true, Name = "dchat-log-commit" }.Start();
    }

    /// <summary>Why the log can no longer be written; null while it can.</summary>
    public Exception? Failure => _failure;

    /// <summary>Whether the last group did not fit on the disk.</summary>
    public bool IsFull => _isFull;

    /// <summary>Completes when <see cref="Failure"/> is set.</summary>
    public Task Failed => _failed.Task;

    /// <summary>Lets the thread look whether a full disk has room again, for when nobody appends.</summary>
    public void Probe()
    {
        lock (_gate)
        {
            _probe = true;
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Queues an append.</summary>
    /// <returns>Null, and the append will be completed; or the outcome of one that was not queued.</returns>
    public AppendOutcome? Submit(QueuedAppend append)
    {
        lock (_gate)
        {
            if (_isStopping || _failure is not null)
            {
                return Refuse(AppendOutcome.Failed);
            }

            if (_pendingBytes + append.Length > MaxPendingBytes)
            {
                return Refuse(AppendOutcome.Busy);
            }

            _pendingBytes += append.Length;
            _queue.Add(append);
            Monitor.Pulse(_gate);
            return null;
        }
    }

    /// <summary>Counts a batch that is not written.</summary>
    public AppendOutcome Refuse(AppendOutcome outcome)
    {
        _instruments.Refused(outcome);
        return outcome;
    }

    /// <summary>Completes when every append queued before has been completed.</summary>
    public Task DrainAsync()
    {
        lock (_gate)
        {
            if (_isStopping)
            {
                return _stopped.Task;
            }

            var drain = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _drains.Add(drain);
            Monitor.Pulse(_gate);
            return drain.Task;
        }
    }

    /// <summary>Ends the thread after what is queued.</summary>
    public Task StopAsync()
    {
        lock (_gate)
        {
            _isStopping = true;
            Monitor.Pulse(_gate);
        }

        return _stopped.Task;
    }

    private void Run()
    {
        var (appends, drains) = (new List<QueuedAppend>(), new List<TaskCompletionSource>());
        while (Take(ref appends, ref drains, out var probe))
        {
            long bytes = 0;
            foreach (var append in appends)
            {
                bytes += append.Length;
                Add(append);
            }

            Flush();
            if (probe)
            {
                LookForRoom();
            }

            appends.Clear();
            lock (_gate)
            {
                _pendingBytes -= bytes;
            }

            drains.ForEach(drain => drain.SetResult());
            drains.Clear();
        }

        _stopped.SetResult();
    }

    // Swaps the queues for the empty lists of the round before.
    private bool Take(ref List<QueuedAppend> appends, ref List<TaskCompletionSource> drains, out bool probe)
    {
        lock (_gate)
        {
            while (_queue.Count == 0 && _drains.Count == 0 && !_probe)
            {
                if (_isStopping)
                {
                    probe = false;
                    return false;
                }

                Monitor.Wait(_gate);
            }

            (probe, _probe) = (_probe, false);
            (appends, _queue) = (_queue, appends);
            (drains, _drains) = (_drains, drains);
            return true;
        }
    }

    private void Add(QueuedAppend append)
    {
        if (!_frame.HasRoom(append.Length))
        {
            Flush();
        }

        if (Refusal(append) is { } refusal)
        {
            append.Complete(Refuse(refusal));
            return;
        }

        append.WriteTo(_frame.Add(append.Length, append.Append.Entries.Count, out var offset));
        append.OffsetInFrame = offset;
        _group.Add(append);
    }

    private AppendOutcome? Refusal(QueuedAppend append) => append switch
    {
        _ when _failure is not null => AppendOutcome.Failed,
        _ when append.Term != append.Shard.Term => AppendOutcome.Fenced,
        _ when append.Append.FirstSequence != append.Shard.Head + 1 => AppendOutcome.OutOfSequence,
        _ => null,
    };

    private void Flush()
    {
        if (_group.Count == 0)
        {
            return;
        }

        var started = Stopwatch.GetTimestamp();
        var outcome = Commit();
        if (outcome == AppendOutcome.Durable)
        {
            _instruments.Committed(_frame.Records, _frame.Length, Stopwatch.GetElapsedTime(started), _wal.LastSync);
        }
        else
        {
            _group.ForEach(_ => Refuse(outcome));
        }

        _group.ForEach(append => append.Complete(outcome));
        _group.Clear();
        _frame.Clear();
    }

    private AppendOutcome Commit()
    {
        try
        {
            SetFull(!_wal.TryAppend(_frame, out var position));
            if (_isFull)
            {
                return AppendOutcome.Full;
            }

            _group.ForEach(append => append.Keep(position));
            _checkpointer.Advance(_frame.Length, _wal.Cursor);
            return AppendOutcome.Durable;
        }
        catch (Exception e)
        {
            Fail(e);
            return AppendOutcome.Failed;
        }
    }

    private void LookForRoom()
    {
        if (!_isFull || _failure is not null)
        {
            return;
        }

        try
        {
            SetFull(!_wal.HasRoom());
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    private void SetFull(bool isFull)
    {
        if (isFull != _isFull)
        {
            _isFull = isFull;
            LogFull(isFull);
        }
    }

    // After any failure it is not known what the disk holds beyond the last frame, so the committer writes no more.
    private void Fail(Exception failure)
    {
        _failure = failure;
        LogFailed(failure);
        _failed.TrySetResult();
    }
}
