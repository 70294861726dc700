namespace DChat.Cli.Session;

/// <summary>
/// How long a verb waits for the silo before it gives up. With the start and the end of the process it stays below the ten
/// seconds after which a verb that says nothing looks dead.
/// </summary>
internal sealed class Patience : IDisposable
{
    /// <summary>How long a verb may go without getting any further.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(8);

    private readonly CancellationTokenSource _over;
    private readonly CancellationTokenSource _either;

    /// <summary>Begins to wait.</summary>
    public Patience(TimeProvider time, CancellationToken interrupted)
    {
        _over = new CancellationTokenSource(Limit, time);
        _either = CancellationTokenSource.CreateLinkedTokenSource(_over.Token, interrupted);
        Interrupted = interrupted;
    }

    /// <summary>Cancelled when the user interrupts the verb, and when its patience is over.</summary>
    public CancellationToken Token => _either.Token;

    /// <summary>Cancelled when the user interrupts the verb: for what may take as long as it likes.</summary>
    public CancellationToken Interrupted { get; }

    /// <summary>Begins anew: something was achieved.</summary>
    public void Renew() => _over.CancelAfter(Limit);

    /// <summary>Waits from now on without end.</summary>
    public void Suspend() => _over.CancelAfter(Timeout.InfiniteTimeSpan);

    /// <inheritdoc/>
    public void Dispose()
    {
        _either.Dispose();
        _over.Dispose();
    }
}
