using DChat.Abstractions.Streams;
using Orleans.Streams;

namespace DChat.Grains.Streams;

/// <summary>
/// What the pulling agent reads for each subscriber. Nothing is kept for later: a cursor has a bounded line of its own, and a
/// new one begins with the batch that was pulled last, which the agent may be registering the stream for. A subscriber that
/// is slow or dead fills its own line, and then loses the oldest; it holds up nobody. Used on the agent's scheduler alone.
/// </summary>
internal sealed class ShardQueueCache(long maxBytes) : IQueueCache
{
    /// <summary>The most items the agent pulls at once.</summary>
    internal const int MaxPulled = 256;

    private readonly Dictionary<StreamId, List<Cursor>> _cursors = [];
    private IList<IBatchContainer> _pulled = [];

    /// <summary>How many cursors are in use.</summary>
    public int CursorCount => _cursors.Values.Sum(cursors => cursors.Count);

    /// <inheritdoc/>
    public int GetMaxAddCount() => MaxPulled;

    /// <inheritdoc/>
    public bool IsUnderPressure() => false;

    /// <inheritdoc/>
    public void AddToCache(IList<IBatchContainer> messages)
    {
        _pulled = messages;
        foreach (var message in messages.Cast<ShardItemContainer>())
        {
            if (_cursors.TryGetValue(message.StreamId, out var cursors))
            {
                foreach (var cursor in cursors)
                {
                    cursor.Add(message);
                }
            }
        }
    }

    /// <inheritdoc/>
    public bool TryPurgeFromCache([System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out IList<IBatchContainer> purgedItems)
    {
        purgedItems = null;
        return false;
    }

    /// <inheritdoc/>
    [Obsolete("Use TryGetCacheCursor instead.")]
    public IQueueCacheCursor GetCacheCursor(StreamId streamId, StreamSequenceToken? token)
    {
        if (!_cursors.TryGetValue(streamId, out var cursors))
        {
            _cursors[streamId] = cursors = [];
        }

        var cursor = new Cursor(this, streamId, maxBytes);
        cursors.Add(cursor);
        foreach (var message in _pulled.Cast<ShardItemContainer>())
        {
            if (token is not null && message.StreamId == streamId && message.Number >= token.SequenceNumber)
            {
                cursor.Add(message);
            }
        }

        return cursor;
    }

    private void Remove(Cursor cursor, StreamId streamId)
    {
        if (_cursors.TryGetValue(streamId, out var cursors) && cursors.Remove(cursor) && cursors.Count == 0)
        {
            _cursors.Remove(streamId);
        }
    }

    private sealed class Cursor(ShardQueueCache cache, StreamId streamId, long maxBytes) : IQueueCacheCursor
    {
        private readonly BoundedItems _line = new(maxBytes);
        private ShardItemContainer? _current;

        public void Add(ShardItemContainer message) => _line.Add(message);

        /// <inheritdoc/>
        public IBatchContainer? GetCurrent(out Exception? exception)
        {
            exception = null;
            return _current;
        }

        /// <inheritdoc/>
        [Obsolete("Use MoveNextWithResult instead.")]
        public bool MoveNext()
        {
            _current = _line.Count > 0 ? _line.Take() : null;
            return _current is not null;
        }

        /// <inheritdoc/>
        public void Refresh(StreamSequenceToken token)
        {
            // What was pulled has been added to the line already.
        }

        /// <inheritdoc/>
        public void RecordDeliveryFailure()
        {
            // The item is gone; its subscriber reads it from the log.
        }

        /// <inheritdoc/>
        public void Dispose() => cache.Remove(this, streamId);
    }
}
