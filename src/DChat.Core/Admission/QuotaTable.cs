namespace DChat.Core.Admission;

/// <summary>
/// A token bucket for each key, as the generic cell rate algorithm (ITU-T I.371): all there is to remember of a bucket is
/// the time at which it will be full again. Not thread-safe.
/// </summary>
/// <remarks>
/// A bucket that is full by now can be forgotten without anyone noticing. When the table is full, those go first, then the
/// ones nearest to full, until half the table is free. So whoever wants a drained bucket forgotten must drain half a table
/// of others as deep, and a flood of new keys, each charged once, only pushes out its own.
/// </remarks>
/// <param name="options">Validated options.</param>
/// <param name="ticksPerSecond">The frequency of the timestamps.</param>
internal sealed class QuotaTable<TKey>(QuotaOptions options, long ticksPerSecond)
    where TKey : notnull
{
    private readonly long _ticksPerToken = TicksPerToken(options, ticksPerSecond);
    private readonly long _ticksToFill = TicksPerToken(options, ticksPerSecond) * options.Burst;
    private readonly int _maxTracked = options.MaxTracked;
    private readonly Dictionary<TKey, long> _fullAt = [];

    /// <summary>How many keys are remembered.</summary>
    public int Count => _fullAt.Count;

    /// <summary>Whether the bucket holds that many tokens.</summary>
    public bool Holds(TKey key, int tokens, long now) => FullAtAfter(key, tokens, now) - now <= _ticksToFill;

    /// <summary>Takes the tokens, or what there is of them.</summary>
    public void Take(TKey key, int tokens, long now)
    {
        var fullAt = Math.Min(FullAtAfter(key, tokens, now), now + _ticksToFill);
        if (_fullAt.Count >= _maxTracked && !_fullAt.ContainsKey(key))
        {
            MakeRoom(now);
        }

        _fullAt[key] = fullAt;
    }

    private static long TicksPerToken(QuotaOptions options, long ticksPerSecond) =>
        Math.Max(1, ticksPerSecond / options.TokensPerSecond);

    private long FullAtAfter(TKey key, int tokens, long now) =>
        Math.Max(now, _fullAt.GetValueOrDefault(key, now)) + (tokens * _ticksPerToken);

    private void MakeRoom(long now)
    {
        const int Steps = 16;
        var step = Math.Max(1, _ticksToFill / Steps);
        for (long missing = 0; _fullAt.Count > _maxTracked / 2; missing = missing == 0 ? step : missing * 2)
        {
            foreach (var (key, fullAt) in _fullAt)
            {
                if (fullAt - now <= missing)
                {
                    _fullAt.Remove(key);
                }
            }
        }
    }
}
