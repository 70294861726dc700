using DChat.Libp2p.Swarm;
using Microsoft.Extensions.Logging;

namespace DChat.Libp2p.Streams;

/// <summary>Work in the background that a host waits for when it stops, so that none outlives it.</summary>
/// <param name="logger">Is told of work that ends by a fault, which nobody else would hear of.</param>
internal sealed class TaskGroup(ILogger logger)
{
    private readonly Lock _gate = new();
    private int _running;
    private TaskCompletionSource? _empty;

    /// <summary>Tasks running now.</summary>
    internal int Running { get { lock (_gate) { return _running; } } }

    /// <summary>Starts work on the thread pool. A fault of it is logged, and ends it.</summary>
    internal void Run(Func<Task> work) => Start(work, isYielding: true);

    /// <summary>Starts work on the caller's thread. A fault of it is logged, and ends it.</summary>
    internal void Track(Func<Task> work) => Start(work, isYielding: false);

    /// <summary>Completes when nothing runs.</summary>
    internal Task WhenEmptyAsync()
    {
        lock (_gate)
        {
            return _running == 0
                ? Task.CompletedTask
                : (_empty ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>Completes when nothing runs, or after a time: work that does not heed its token is not waited for.</summary>
    internal async Task WhenEmptyAsync(TimeSpan patience, TimeProvider time)
    {
        try
        {
            await WhenEmptyAsync().WaitAsync(patience, time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Nobody stops for ever.
        }
    }

    private void Start(Func<Task> work, bool isYielding)
    {
        lock (_gate)
        {
            _running++;
        }

        _ = WatchAsync(work, isYielding);
    }

    private async Task WatchAsync(Func<Task> work, bool isYielding)
    {
        if (isYielding)
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        }

        try
        {
            await work().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // It was to end.
        }
        catch (Exception e)
        {
            logger.WorkFailed(e);
        }
        finally
        {
            lock (_gate)
            {
                if (--_running == 0)
                {
                    _empty?.TrySetResult();
                    _empty = null;
                }
            }
        }
    }
}
