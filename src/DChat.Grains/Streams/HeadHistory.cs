namespace DChat.Grains.Streams;

/// <summary>
/// Remembers where a shard's head stood, so that who begins to follow can begin some seconds ago. Kept at each heartbeat, and
/// only when the head has moved; an idle shard keeps one entry. Not thread-safe.
/// </summary>
internal sealed class HeadHistory(ulong openedAt)
{
    /// <summary>The most entries; at a heartbeat a second, two minutes of a busy shard.</summary>
    internal const int MaxEntries = 120;

    private readonly Queue<(long Timestamp, ulong Head)> _entries = new([(long.MinValue, openedAt)]);
    private ulong _last = openedAt;

    /// <summary>Takes where the head stands at a moment later than those before.</summary>
    public void Note(long timestamp, ulong head)
    {
        if (head == _last)
        {
            return;
        }

        _last = head;
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
