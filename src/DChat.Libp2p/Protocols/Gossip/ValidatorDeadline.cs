namespace DChat.Libp2p.Protocols.Gossip;

/// <summary>
/// Gives the validators that one worker calls a token each, which fires when their time is over or gossipsub stops. Costs nothing
/// new from call to call while none is late.
/// </summary>
internal sealed class ValidatorDeadline(TimeSpan timeout, TimeProvider time, CancellationToken stopping) : IDisposable
{
    private CancellationTokenSource? _source;
    private CancellationTokenRegistration _stopping;

    /// <summary>The token of the next call; that of the call before is not used any more, unless it has fired.</summary>
    internal CancellationToken Start()
    {
        if (_source?.TryReset() is not true)
        {
            _stopping.Dispose();
            if (_source?.IsCancellationRequested is false)
            {
                // Only the system's timers can be set anew; another clock would keep this one until it fires. A validator that was
                // late may hold its token for ever, so that it is not disposed.
                _source.Dispose();
            }

            _source = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
            _stopping = stopping.UnsafeRegister(static s => ((CancellationTokenSource)s!).Cancel(), _source);
        }

        _source.CancelAfter(timeout);
        return _source.Token;
    }

    public void Dispose()
    {
        _stopping.Dispose();
        _source?.Dispose();
    }
}
