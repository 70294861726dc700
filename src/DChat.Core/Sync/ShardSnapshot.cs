using DChat.Core.Topics;

namespace DChat.Core.Sync;

/// <summary>An immutable view of a shard. Any thread may read it for as long as it likes.</summary>
public sealed class ShardSnapshot
{
    private readonly IndexedMessage[] _messages;

    internal ShardSnapshot(IndexedMessage[] messages) => _messages = messages;

    /// <summary>The sequence of the newest message in the snapshot; 0 when there is none.</summary>
    public ulong Head => (ulong)_messages.Length;

    /// <summary>The message at a sequence.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="sequence"/> is not within 1–<see cref="Head"/>.</exception>
    public IndexedMessage this[ulong sequence] => _messages[checked((int)sequence - 1)];

    /// <summary>Writes the shard sequences of a topic's messages after <paramref name="afterSequence"/>, oldest first.</summary>
    /// <returns>How many were written; fewer than fit when there are no more.</returns>
    public int CopyTopicSequences(TopicTag topic, ulong afterSequence, Span<ulong> destination)
    {
        var count = 0;
        for (var i = afterSequence; i < Head && count < destination.Length; i++)
        {
            if (_messages[i].Entry.Topic == topic)
            {
                destination[count++] = i + 1;
            }
        }

        return count;
    }
}
