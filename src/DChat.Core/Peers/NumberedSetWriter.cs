namespace DChat.Core.Peers;

/// <summary>
/// A set whose owner keeps a copy elsewhere up to date: hands out what has changed in numbered steps of bounded size. A step
/// may be lost, late or come twice, and either side may start anew: then the copy lacks the base of the next step and says so,
/// and the writer begins again with an empty set. Not thread-safe.
/// </summary>
/// <param name="keyOf">The key of an entry.</param>
/// <param name="firstNumber">Where numbers begin: one that no other writer of the same copy has come near.</param>
/// <param name="maxEntries">The most entries and keys of a step, 1 or more.</param>
public sealed class NumberedSetWriter<TKey, TValue>(Func<TValue, TKey> keyOf, long firstNumber, int maxEntries)
    where TKey : notnull
{
    private readonly Dictionary<TKey, TValue> _entries = [];
    private readonly HashSet<TKey> _waiting = [];
    private readonly Queue<TKey> _order = [];
    private long _number = firstNumber;
    private bool _startsOver = true;

    /// <summary>How many entries the set has.</summary>
    public int Count => _entries.Count;

    /// <summary>Whether there is anything that no step has carried yet.</summary>
    public bool HasMore => _startsOver || _order.Count > 0;

    /// <summary>Adds an entry, or puts it in place of the one with its key.</summary>
    public void Set(TValue entry)
    {
        var key = keyOf(entry);
        _entries[key] = entry;
        Enqueue(key);
    }

    /// <summary>Removes an entry, if it is there.</summary>
    public void Remove(TKey key)
    {
        if (_entries.Remove(key))
        {
            Enqueue(key);
        }
    }

    /// <summary>The next step is the first of a whole new set: call it when the copy did not take a step, or may not have.</summary>
    public void StartOver() => _startsOver = true;

    /// <summary>The next step. When nothing has changed, one that changes nothing and by which the copy says whether it is up to date.</summary>
    public NumberedSetChanges<TKey, TValue> Next()
    {
        long? from = _number;
        if (_startsOver)
        {
            _startsOver = false;
            from = null;
            _order.Clear();
            _waiting.Clear();
            foreach (var key in _entries.Keys)
            {
                Enqueue(key);
            }
        }
        else if (_order.Count == 0)
        {
            return new NumberedSetChanges<TKey, TValue>(_number, _number, [], [], HasMore: false);
        }

        List<TValue> changed = [];
        List<TKey> removed = [];
        while (changed.Count + removed.Count < maxEntries && _order.TryDequeue(out var key))
        {
            _waiting.Remove(key);
            if (_entries.TryGetValue(key, out var entry))
            {
                changed.Add(entry);
            }
            else
            {
                removed.Add(key);
            }
        }

        return new NumberedSetChanges<TKey, TValue>(++_number, from, changed, removed, HasMore: _order.Count > 0);
    }

    private void Enqueue(TKey key)
    {
        if (_waiting.Add(key))
        {
            _order.Enqueue(key);
        }
    }
}
