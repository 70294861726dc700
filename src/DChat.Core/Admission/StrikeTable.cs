namespace DChat.Core.Admission;

/// <summary>
/// Counts the offences of each key: one too many within a window, and the key is out. Old offences wear off evenly.
/// Thread-safe.
/// </summary>
public sealed class StrikeTable<TKey>
    where TKey : notnull
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly QuotaTable<TKey> _strikes;

    /// <summary>Makes a table without offences.</summary>
    /// <param name="limit">How many offences are let pass, 1 or more.</param>
    /// <param name="window">How long that many take to wear off, 1 s or more.</param>
    /// <param name="maxTracked">How many keys are remembered; the least offenders are forgotten first.</param>
    /// <param name="time">The clock.</param>
    public StrikeTable(int limit, TimeSpan window, int maxTracked, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(window, TimeSpan.FromSeconds(1));
        ArgumentOutOfRangeException.ThrowIfLessThan(maxTracked, QuotaOptions.MinTracked);
        _time = time;
        var options = new QuotaOptions { TokensPerSecond = 1, Burst = limit, MaxTracked = maxTracked };

        // The table refills one token a second; here a "second" is as long as one offence takes to wear off.
        _strikes = new QuotaTable<TKey>(options, Math.Max(1, (long)(window.TotalSeconds / limit * time.TimestampFrequency)));
    }

    /// <summary>Notes an offence; true when it is one too many.</summary>
    public bool Add(TKey key)
    {
        lock (_gate)
        {
            var now = _time.GetTimestamp();
            var isOut = !_strikes.Holds(key, 1, now);
            _strikes.Take(key, 1, now);
            return isOut;
        }
    }
}
