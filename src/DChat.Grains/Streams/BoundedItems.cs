using DChat.Abstractions.Streams;
using DChat.Grains.SyncShard;

namespace DChat.Grains.Streams;

/// <summary>
/// Items in order, bounded in number and bytes. The oldest are dropped when there is no more room: subscribers see the gap
/// and read it from the log. Not thread-safe.
/// </summary>
internal sealed class BoundedItems(long maxBytes)
{
    private readonly Queue<ShardItemContainer> _items = new();
    private long _bytes;

    public int Count => _items.Count;

    public void Add(ShardItemContainer item)
    {
        _items.Enqueue(item);
        _bytes += QueuedItem.BytesOf(item.Item);
        while (_items.Count > 1 && (_items.Count > QueuedItem.MaxItems || _bytes > maxBytes))
        {
            SyncShardInstruments.LeftOutOfGossip(QueuedItem.MessagesOf(Take().Item));
        }
    }

    public ShardItemContainer Take()
    {
        var item = _items.Dequeue();
        _bytes -= QueuedItem.BytesOf(item.Item);
        return item;
    }
}
