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

    private readonly SemaphoreSlim _questions = new(MaxAtOnce, MaxAtOnce);
    private readonly SemaphoreSlim _replays = new(MaxReplaysAtOnce, MaxReplaysAtOnce);

    /// <inheritdoc/>
    public void Dispose()
    {
        _questions.Dispose();
        _replays.Dispose();
    }

    /// <summary>Asks something.</summary>
    public async Task<T> AskAsync<T>(Func<T> question)
    {
        await _questions.WaitAsync().ConfigureAwait(false);
        try
        {
            return await Task.Run(question).ConfigureAwait(false);
        }
        finally
        {
            _questions.Release();
        }
    }

    /// <summary>Asks something whose answer is kept where it was asked.</summary>
    public Task AskAsync(Action question) => AskAsync(() =>
    {
        question();
        return true;
    });

    /// <summary>Replays a log against what is sealed.</summary>
    public async Task<T> ReplayAsync<T>(Func<Task<T>> replay, CancellationToken cancellationToken)
    {
        await _replays.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await Task.Run(replay, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _replays.Release();
        }
    }
}
