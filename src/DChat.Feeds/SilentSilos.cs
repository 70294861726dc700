namespace DChat.Feeds;

/// <summary>
/// Judges from heartbeats whether the subscription of a group still stands. It is lost when a silo that told its heads tells
/// them no more, or when none does; what comes from one silo says nothing of another's. Each judgement waits for as long
/// again and half as long at random, and twice as long after each in vain, so that many processes never renew in step.
/// Thread-safe.
/// </summary>
internal sealed class SilentSilos(TimeSpan silence, TimeProvider time)
{
    private const int MaxDoublings = 3;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _heard = [];
    private long _since = time.GetTimestamp();
    private TimeSpan _patience = Jittered(silence);
    private int _inVain;

    /// <summary>Takes a heartbeat.</summary>
    public void Heard(string silo)
    {
        lock (_gate)
        {
            _heard[silo] = time.GetTimestamp();
            if (_inVain > 0)
            {
                _inVain = 0;
                _patience = Jittered(silence);
            }
        }
    }

    /// <summary>Begins anew, as after a change of the cluster: a silo that left is not waited for.</summary>
    public void Forget()
    {
        lock (_gate)
        {
            _heard.Clear();
            _since = time.GetTimestamp();
        }
    }

    /// <summary>How long until the subscription counts as lost, as things stand; zero or less when it does.</summary>
    public TimeSpan Remaining()
    {
        lock (_gate)
        {
            var last = _heard.Count == 0 ? _since : _heard.Values.Min();
            return _patience - time.GetElapsedTime(last);
        }
    }

    /// <summary>Begins anew after the subscription was renewed for silence.</summary>
    public void Renewed()
    {
        lock (_gate)
        {
            _patience = Jittered(silence * (1 << _inVain));
            _inVain = Math.Min(_inVain + 1, MaxDoublings);
            Forget();
        }
    }

    private static TimeSpan Jittered(TimeSpan span) => span * (1 + (Random.Shared.NextDouble() / 2));
}
