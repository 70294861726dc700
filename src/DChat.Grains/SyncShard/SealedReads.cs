using DChat.Core;

namespace DChat.Grains.SyncShard;

/// <summary>
/// Asks a silo's segments off the turns of grains. They may be far away, and each question holds a thread until it is answered: so few are
/// asked at once, and the others wait without a thread. Shards that are being opened, whoever appends, and sets that are reconciled wait among
/// themselves: a reader may ask for what takes long, many may at once, and whoever reconciles may have all that is sealed read.
/// </summary>
internal sealed class SealedReads : IDisposable
{
    /// <summary>How many questions of readers are asked at once, and how many of those who append.</summary>
    public const int MaxAtOnce = 16;

    /// <summary>How many shards are replayed at once.</summary>
    public const int MaxReplaysAtOnce = 16;

    /// <summary>How many questions of readers may wait, and how many of those who append; more are refused.</summary>
    public const int MaxWaiting = 4_096;

    /// <summary>How many questions of sessions with partners are asked at once: each may read all leaves of a shard.</summary>
    public const int MaxReconcilingAtOnce = 4;

    /// <summary>How many questions of sessions with strangers are asked at once.</summary>
    public const int MaxStrangersAtOnce = 2;

    private readonly Queue _questions = new(MaxAtOnce);
    private readonly Queue _lookups = new(MaxAtOnce);
    private readonly Queue _reconciling = new(MaxReconcilingAtOnce);
    private readonly Queue _strangers = new(MaxStrangersAtOnce);
    private readonly SemaphoreSlim _replays = new(MaxReplaysAtOnce, MaxReplaysAtOnce);

    /// <inheritdoc/>
    public void Dispose()
    {
        _questions.Places.Dispose();
        _lookups.Places.Dispose();
        _reconciling.Places.Dispose();
        _strangers.Places.Dispose();
        _replays.Dispose();
    }

    /// <summary>Asks something for a reader.</summary>
    /// <exception cref="DChatException">Too many wait already (<c>overloaded</c>, transient).</exception>
    public Task<T> AskAsync<T>(Func<T> question) => AskAsync(_questions, question);

    /// <summary>Asks something for a reader, whose answer is kept where it was asked.</summary>
    public Task AskAsync(Action question) => AskAsync(_questions, question);

    /// <summary>Looks something up for who appends, whose answer is kept where it was asked.</summary>
    /// <exception cref="DChatException">Too many wait already (<c>overloaded</c>, transient).</exception>
    public Task LookUpAsync(Action lookup) => AskAsync(_lookups, lookup);

    /// <summary>Asks something for a session in which sets are reconciled.</summary>
    /// <param name="question">What.</param>
    /// <param name="isStranger">Whether the peer is no partner: strangers hold up strangers alone.</param>
    /// <exception cref="DChatException">Too many wait already (<c>overloaded</c>, transient).</exception>
    public Task<T> ReconcileAsync<T>(Func<T> question, bool isStranger) => AskAsync(isStranger ? _strangers : _reconciling, question);

    /// <summary>Compares a log, or what of it is open, with what is sealed.</summary>
    public Task<T> ReplayAsync<T>(Func<Task<T>> replay, CancellationToken cancellationToken) =>
        RunAsync(_replays, () => Task.Run(replay, cancellationToken), cancellationToken);

    private static Task<bool> AskAsync(Queue queue, Action question) => AskAsync(queue, () =>
    {
        question();
        return true;
    });

    private static async Task<T> AskAsync<T>(Queue queue, Func<T> question)
    {
        try
        {
            if (Interlocked.Increment(ref queue.Asked) > queue.AtOnce + MaxWaiting)
            {
                throw new DChatException("overloaded", $"{MaxWaiting} reads of sealed messages wait already; try again later.", isTransient: true);
            }

            return await RunAsync(queue.Places, () => Task.Run(question), CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref queue.Asked);
        }
    }

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

    private sealed class Queue(int atOnce)
    {
        public int Asked;

        public int AtOnce => atOnce;

        public SemaphoreSlim Places { get; } = new(atOnce, atOnce);
    }
}
