using DChat.Abstractions.Streams;

namespace DChat.Grains.Streams;

/// <summary>An item in the queue, and what it costs to keep.</summary>
internal static class QueuedItem
{
    /// <summary>The most items that wait in the queue, and for one subscriber: each costs some memory besides its bytes.</summary>
    public const int MaxItems = 4_096;

    /// <summary>The envelope bytes of an item.</summary>
    public static int BytesOf(ShardItem item) => item is ShardBatch batch ? batch.Envelopes.Bytes.Length : 0;

    /// <summary>The messages of an item.</summary>
    public static int MessagesOf(ShardItem item) => item is ShardBatch batch ? batch.Envelopes.Count : 0;
}
