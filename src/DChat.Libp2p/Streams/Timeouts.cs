namespace DChat.Libp2p.Streams;

/// <summary>
/// Ends what takes too long. A source and its timer serve one stream after another, since almost all of them end in time:
/// making both anew costs more than reading the answer they wait for.
/// </summary>
internal sealed class Timeouts(TimeProvider time)
{
    /// <summary>Sources kept for later.</summary>
    internal const int MaxKept = 64;

    private readonly Lock _gate = new();
    private readonly Stack<CancellationTokenSource> _kept = new();

    /// <summary>Sources kept now.</summary>
    internal int Kept { get { lock (_gate) { return _kept.Count; } } }

    /// <summary>Starts a timeout, which the caller's token ends as well.</summary>
    internal Running Start(TimeSpan after, CancellationToken cancellationToken)
    {
        CancellationTokenSource? source;
        if (time != TimeProvider.System)
        {
            // Only the system's timers can be set anew.
            source = new CancellationTokenSource(after, time);
        }
        else
        {
            lock (_gate)
            {
                _kept.TryPop(out source);
            }

            source ??= new CancellationTokenSource();
            source.CancelAfter(after);
        }

        return new Running(this, source, cancellationToken.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), source));
    }

    private void End(CancellationTokenSource source)
    {
        if (time == TimeProvider.System && source.TryReset())
        {
            lock (_gate)
            {
                if (_kept.Count < MaxKept)
                {
                    _kept.Push(source);
                    return;
                }
            }
        }

        source.Dispose();
    }

    /// <summary>A timeout from its start until it is disposed, which nothing that waits for its token may outlive.</summary>
    internal readonly struct Running(Timeouts owner, CancellationTokenSource source, CancellationTokenRegistration registration) : IDisposable
    {
        internal CancellationToken Token => source.Token;

        public void Dispose()
        {
            // Waits for a callback that runs: none may cancel the source for its next user.
            registration.Dispose();
            owner.End(source);
        }
    }
}
