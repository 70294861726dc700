namespace DChat.Grains.Streams;

/// <summary>
/// Remembers where a shard's head stood, so that who begins to follow can begin some seconds ago. An entry is made only when
/// the head has moved, and not sooner than the spacing after the one before; an idle shard keeps one. Not thread-safe.
/// </summary>
/// <param name="openedAt">The head at first.</param>
/// <param name="spacing">The least time between entries, in ticks of the timestamps: frequent heartbeats must not shorten the memory.</param>
internal sealed class HeadHistory(ulong openedAt, long spacing)
{
    /// <summary>The most entries; a second apart, two minutes of a busy shard.</summary>
    internal const int MaxEntries = 120;

    private readonly Queue<(long Timestamp, ulong Head)> _entries = new([(long.MinValue, openedAt)]);
    private ulong _last = openedAt;
    private long? _lastAt;

    /// <summary>Takes where the head stands at a moment later than those before.</summary>
    public void Note(long timestamp, ulong head)
    {
        if (head == _last || timestamp - _lastAt < spacing)
        {
            return;
        }

        _last = head;
        _lastAt = timestamp;
        _entries.Enqueue((timestamp, head));
        if (_entries.Count > MaxEntries)
        {
            _entries.Dequeue();
        }
    }

    /// <summary>A head that stood at a moment or before; the oldest remembered when it lies before all.</summary>
    public ulong At(long timestamp)
    {
        var head = _entries.Peek().Head;
        foreach (var entry in _entries)
        {
            if (entry.Timestamp > timestamp)
            {
                break;
            }

            head = entry.Head;
        }

        return head;
    }
}
