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
internal sealed class QuotaTable<TKey>
    where TKey : notnull
{
    private readonly long _ticksPerToken;
    private readonly long _ticksToFill;
    private readonly int _maxTracked;
    private readonly Dictionary<TKey, long> _fullAt = [];

    /// <param name="options">Validated options.</param>
    /// <param name="ticksPerSecond">The frequency of the timestamps.</param>
    /// <param name="factor">How many times the rate and the burst of the options a bucket has.</param>
    public QuotaTable(QuotaOptions options, long ticksPerSecond, int factor = 1)
    {
        _ticksPerToken = Math.Max(1, ticksPerSecond / ((long)options.TokensPerSecond * factor));
        _ticksToFill = _ticksPerToken * options.Burst * factor;
        _maxTracked = options.MaxTracked;
    }

    /// <summary>How many keys are remembered.</summary>
    public int Count => _fullAt.Count;

    /// <summary>Whether the bucket holds that many tokens.</summary>
    public bool Holds(TKey key, int tokens, long now) => WaitFor(key, tokens, now) == 0;

    /// <summary>How many ticks it takes until the bucket holds that many tokens; 0 when it does.</summary>
    public long WaitFor(TKey key, int tokens, long now) => Math.Max(0, FullAtAfter(key, tokens, now) - now - _ticksToFill);

    /// <summary>Takes the tokens, or what there is of them.</summary>
    public void Take(TKey key, int tokens, long now) => Take(key, tokens, now, debt: 0);

    /// <summary>Takes the tokens also when there are too few: then the bucket owes them, up to <paramref name="debt"/>, and fills later.</summary>
    public void Take(TKey key, int tokens, long now, int debt)
    {
        var fullAt = Math.Min(FullAtAfter(key, tokens, now), now + _ticksToFill + (debt * _ticksPerToken));
        if (_fullAt.Count >= _maxTracked && !_fullAt.ContainsKey(key))
        {
            MakeRoom(now);
        }

        _fullAt[key] = fullAt;
    }

    /// <summary>Gives tokens back.</summary>
    public void Give(TKey key, int tokens, long now)
    {
        if (_fullAt.TryGetValue(key, out var fullAt))
        {
            _fullAt[key] = Math.Max(now, fullAt - (tokens * _ticksPerToken));
        }
    }

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
