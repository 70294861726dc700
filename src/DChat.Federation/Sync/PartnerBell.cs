namespace DChat.Federation.Sync;

/// <summary>Calls for the next run with a partner. Rung while one is under way, it calls for another after it. Thread-safe.</summary>
internal sealed class PartnerBell
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _rung = New();

    /// <summary>Rings; always true.</summary>
    public bool Ring()
    {
        lock (_gate)
        {
            return _rung.TrySetResult() || true;
        }
    }

    /// <summary>Forgets what has rung so far: the run that begins serves it.</summary>
    public void Silence()
    {
        lock (_gate)
        {
            _rung = _rung.Task.IsCompleted ? New() : _rung;
        }
    }

    /// <summary>Waits until it rings, for so long at most, or until the end.</summary>
    public async Task WaitAsync(TimeSpan limit, TimeProvider time, CancellationToken stop)
    {
        Task rung;
        lock (_gate)
        {
            rung = _rung.Task;
        }

        await rung.WaitAsync(limit, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
