namespace DChat.Abstractions.Streams;

/// <summary>The codes of what <see cref="IShardFeeds"/> raises.</summary>
public static class FeedErrors
{
    /// <summary>A position is of another log, ahead of its head or below its floor: the messages in between cannot be read from it.</summary>
    public const string CursorGap = "cursor-gap";

    /// <summary>The feeds have been closed.</summary>
    public const string Closed = "client-closed";
}
