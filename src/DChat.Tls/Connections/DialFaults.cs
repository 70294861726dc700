using DChat.Core;

namespace DChat.Tls.Connections;

/// <summary>
/// Why dials failed. Orleans tells whichever came first, the end of the connection or the reason for it, so the reason is kept here too.
/// </summary>
internal sealed class DialFaults(RefusalLog log, TimeProvider time)
{
    /// <summary>How long the reason may come after the end of the connection.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private TaskCompletionSource _settled = Settled();
    private DChatException? _last;
    private int _underWay;

    /// <summary>A connection is made.</summary>
    public void Begin()
    {
        lock (_gate)
        {
            if (_underWay++ == 0)
            {
                _settled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }

    /// <summary>A connection has ended.</summary>
    /// <param name="fault">Why it could not be used; null when it was.</param>
    public void End(DChatException? fault)
    {
        lock (_gate)
        {
            _last = fault ?? _last;
            if (--_underWay == 0)
            {
                _settled.SetResult();
            }
        }

        if (fault is not null)
        {
            log.NotDialed(fault.Message);
        }
    }

    /// <summary>Why the last connection failed, and forgets it; null when it did not.</summary>
    public async Task<DChatException?> TakeAsync(CancellationToken cancellationToken)
    {
        Task settled;
        lock (_gate)
        {
            settled = _settled.Task;
        }

        await settled.WaitAsync(Patience, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_gate)
        {
            var fault = _last;
            _last = null;
            return fault;
        }
    }

    private static TaskCompletionSource Settled()
    {
        var settled = new TaskCompletionSource();
        settled.SetResult();
        return settled;
    }
}
