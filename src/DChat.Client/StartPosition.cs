using DChat.Abstractions.Streams;
using DChat.Core.Shards;

namespace DChat.Client;

/// <summary>Where a subscription begins.</summary>
public readonly record struct StartPosition
{
    private readonly bool _fromBeginning;
    private readonly LogPosition? _cursor;

    private StartPosition(bool fromBeginning, LogPosition? cursor)
    {
        _fromBeginning = fromBeginning;
        _cursor = cursor;
    }

    /// <summary>With the first message that becomes durable after the subscription has asked for the head.</summary>
    public static StartPosition Now => default;

    /// <summary>With the oldest message kept.</summary>
    public static StartPosition Beginning => new(fromBeginning: true, cursor: null);

    /// <summary>With the message after a cursor.</summary>
    public static StartPosition After(LogPosition cursor) => new(fromBeginning: false, cursor);

    internal FeedStart ToFeedStart() =>
        _fromBeginning ? FeedStart.Beginning : _cursor is { } cursor ? FeedStart.After(cursor) : FeedStart.Now;
}
