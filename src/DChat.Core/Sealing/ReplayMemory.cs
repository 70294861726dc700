namespace DChat.Core.Sealing;

/// <summary>
/// What replay windows of many topics remember together: at most <see cref="MaxBytes"/>. When there is no room left, a
/// topic that takes more than its share forgets the author it heard longest ago, so that whoever floods one topic makes
/// readers forget that topic alone. Thread-safe, and so are the windows over it.
/// </summary>
public sealed class ReplayMemory
{
    /// <summary>The default of <see cref="MaxBytes"/>: 16 MiB, some 400,000 messages.</summary>
    public const long DefaultBytes = 16 * 1024 * 1024;

    /// <summary>The least there may be: one author's full window and what it grows out of.</summary>
    public const long MinBytes = 256 * 1024;

    private readonly List<ReplayTable> _tables = [];
    private long _bytes;
    private int _hand;

    /// <summary>Makes an empty memory.</summary>
    /// <param name="maxBytes">The most bytes held, from <see cref="MinBytes"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxBytes"/> is below <see cref="MinBytes"/>.</exception>
    public ReplayMemory(long maxBytes = DefaultBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBytes, MinBytes);
        MaxBytes = maxBytes;
    }

    /// <summary>The most bytes held.</summary>
    public long MaxBytes { get; }

    /// <summary>The bytes held now.</summary>
    public long Bytes { get { lock (Gate) { return _bytes; } } }

    internal Lock Gate { get; } = new();

    internal void Add(ReplayTable table)
    {
        lock (Gate)
        {
            _tables.Add(table);
        }
    }

    internal void Remove(ReplayTable table)
    {
        lock (Gate)
        {
            if (_tables.Remove(table))
            {
                _bytes -= table.Bytes;
            }
        }
    }

    /// <summary>Books what a table has grown or shrunk by, and makes room if that is too much. Under <see cref="Gate"/>.</summary>
    internal void Charge(long bytes)
    {
        _bytes += bytes;
        while (_bytes > MaxBytes)
        {
            _bytes -= TableAboveItsShare().ForgetOldest();
        }
    }

    // The hand stays where there is too much, so a flood costs no search. One table is above the mean whenever the sum is
    // above the limit.
    private ReplayTable TableAboveItsShare()
    {
        while (true)
        {
            _hand %= _tables.Count;
            if (_tables[_hand].Bytes > MaxBytes / _tables.Count)
            {
                return _tables[_hand];
            }

            _hand++;
        }
    }
}
