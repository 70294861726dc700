using DChat.Core.Shards;

namespace DChat.Abstractions.Streams;

/// <summary>Where following a shard begins.</summary>
public readonly record struct FeedStart
{
    private FeedStart(bool fromBeginning, LogPosition? position, long? timestamp)
    {
        FromBeginning = fromBeginning;
        Position = position;
        Timestamp = timestamp;
    }

    /// <summary>With the first message that becomes durable after the shard was asked for its head.</summary>
    public static FeedStart Now => default;

    /// <summary>With the oldest message kept.</summary>
    public static FeedStart Beginning => new(fromBeginning: true, position: null, timestamp: null);

    /// <summary>With the message after a position.</summary>
    public static FeedStart After(LogPosition position) => new(fromBeginning: false, position, timestamp: null);

    /// <summary>
    /// With the first message that became durable after a moment not long gone, or some before it. Shards remember where
    /// they stood for a minute at least; one that has just moved goes by the timestamps of its newest messages.
    /// </summary>
    /// <param name="timestamp">A timestamp of the process's <see cref="TimeProvider"/>.</param>
    public static FeedStart Since(long timestamp) => new(fromBeginning: false, position: null, timestamp);

    /// <summary>Whether it is <see cref="Beginning"/>.</summary>
    public bool FromBeginning { get; }

    /// <summary>The position of <see cref="After"/>; otherwise null.</summary>
    public LogPosition? Position { get; }

    /// <summary>The moment of <see cref="Since"/>; otherwise null.</summary>
    public long? Timestamp { get; }
}
