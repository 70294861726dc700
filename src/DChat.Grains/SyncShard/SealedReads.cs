using DChat.Core;

namespace DChat.Grains.SyncShard;

/// <summary>
/// Asks a silo's segments off the turns of grains. They may be far away, and each question holds a thread until it is answered: so few are
/// asked at once, and the others wait without a thread. Shards that are being opened wait among themselves, so that no reader waits for them.
/// </summary>
internal sealed class SealedReads : IDisposable
{
    /// <summary>How many questions are asked at once.</summary>
    public const int MaxAtOnce = 16;

    /// <summary>How many shards are replayed at once.</summary>
    public const int MaxReplaysAtOnce = 16;

    /// <summary>How many questions may wait; more are refused.</summary>
    public const int MaxWaiting = 4_096;

    private readonly SemaphoreSlim _questions = new(MaxAtOnce, MaxAtOnce);
    private readonly SemaphoreSlim _replays = new(MaxReplaysAtOnce, MaxReplaysAtOnce);
    private int _asked;

    /// <inheritdoc/>
    public void Dispose()
    {
        _questions.Dispose();
        _replays.Dispose();
    }

    /// <summary>Asks something.</summary>
    /// <exception cref="DChatException">Too many wait already (<c>overloaded</c>, transient).</exception>
    public async Task<T> AskAsync<T>(Func<T> question)
    {
        try
        {
            if (Interlocked.Increment(ref _asked) > MaxAtOnce + MaxWaiting)
            {
                throw new DChatException("overloaded", $"{MaxWaiting} reads of sealed messages wait already; try again later.", isTransient: true);
            }

            return await RunAsync(_questions, () => Task.Run(question), CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _asked);
        }
    }

    /// <summary>Asks something whose answer is kept where it was asked.</summary>
    public Task AskAsync(Action question) => AskAsync(() =>
    {
        question();
        return true;
    });

    /// <summary>Compares a log, or what of it is open, with what is sealed.</summary>
    public Task<T> ReplayAsync<T>(Func<Task<T>> replay, CancellationToken cancellationToken) =>
        RunAsync(_replays, () => Task.Run(replay, cancellationToken), cancellationToken);

    private static async Task<T> RunAsync<T>(SemaphoreSlim places, Func<Task<T>> run, CancellationToken cancellationToken)
    {
        await places.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await run().ConfigureAwait(false);
        }
        finally
        {
            places.Release();
        }
    }
}
