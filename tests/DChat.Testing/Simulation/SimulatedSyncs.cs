using System.Runtime.CompilerServices;
using DChat.Core.Shards;

namespace DChat.Testing.Simulation;

/// <summary>
/// Puts the syncs of a log that commits on a thread of its own on the simulator's clock: each takes a drawn time, for which
/// that thread is held. The simulation goes on only when the thread is held or has nothing to do, so that chance never
/// decides which of the two is faster.
/// </summary>
internal sealed class SimulatedSyncs
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Simulator _simulator;
    private readonly List<InFlight> _inFlight = [];
    private volatile Hold _next = new();
    private volatile bool _isOn;
    private Hold? _held;

    public SimulatedSyncs(Simulator simulator, SimulatedDisk disk)
    {
        _simulator = simulator;
        disk.Before = Before;
    }

    /// <summary>The longest that a sync takes.</summary>
    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Whether the next sync that ends fails.</summary>
    public bool IsNextFailing { get; set; }

    /// <summary>From now on syncs take their time: the log is open, and only its thread calls the disk.</summary>
    public void Start() => _isOn = true;

    /// <summary>Takes an append that has been handed to the log.</summary>
    /// <param name="append">What the log returned.</param>
    /// <param name="done">Hears what became of it, at the simulated time at which it is known.</param>
    public void Submit(ValueTask<AppendResult> append, Action<AppendResult> done)
    {
        _inFlight.Add(new InFlight(append.GetAwaiter(), done));
        if (_held is null)
        {
            Settle();
        }
    }

    /// <summary>The process ends: nobody hears of an outcome any more, and syncs no longer take time.</summary>
    public void End()
    {
        _isOn = false;
        _inFlight.Clear();
        _held?.Release(null);
        _held = null;
    }

    // Runs on the thread that commits.
    private DiskFault? Before(DiskCall call) =>
        _isOn && call.Operation is DiskOperation.Sync or DiskOperation.SyncDirectory ? _next.Wait() : null;

    private void Settle()
    {
        var next = _next;
        if (Task.WaitAny([Task.WhenAll(_inFlight.Select(append => append.Ended)), next.Reached], Patience) < 0)
        {
            throw new TimeoutException($"The log neither syncs nor answers {_inFlight.Count} appends.");
        }

        if (next.Reached.IsCompleted)
        {
            _held = next;
            _next = new Hold();
            _simulator.After(_simulator.Draw(MaxDelay), () => Release(next));
        }

        // While the thread is held none of these can change.
        var ended = _inFlight.FindAll(append => append.HasOutcome);
        _inFlight.RemoveAll(ended.Contains);
        ended.ForEach(append => append.Tell());
    }

    private void Release(Hold hold)
    {
        if (_held == hold)
        {
            _held = null;
            hold.Release(IsNextFailing ? DiskFault.InputOutput : null);
            IsNextFailing = false;
            Settle();
        }
    }

    private sealed class Hold
    {
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource<DiskFault?> _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Reached => _reached.Task;

        public DiskFault? Wait()
        {
            _reached.SetResult();
            return _released.Task.GetAwaiter().GetResult();
        }

        public void Release(DiskFault? fault) => _released.SetResult(fault);
    }

    private sealed class InFlight
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ValueTaskAwaiter<AppendResult> _awaiter;
        private readonly Action<AppendResult> _done;

        public InFlight(ValueTaskAwaiter<AppendResult> awaiter, Action<AppendResult> done)
        {
            (_awaiter, _done) = (awaiter, done);
            if (_awaiter.IsCompleted)
            {
                _ended.SetResult();
            }
            else
            {
                _awaiter.UnsafeOnCompleted(_ended.SetResult);
            }
        }

        /// <summary>Completes some time after <see cref="HasOutcome"/> is true.</summary>
        public Task Ended => _ended.Task;

        public bool HasOutcome => _awaiter.IsCompleted;

        public void Tell() => _done(_awaiter.GetResult());
    }
}
