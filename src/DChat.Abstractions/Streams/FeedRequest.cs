using DChat.Core.Topics;

namespace DChat.Abstractions.Streams;

/// <summary>What to follow, and how.</summary>
/// <param name="Shard">The shard.</param>
public sealed record FeedRequest(ShardAddress Shard)
{
    /// <summary>The topic to follow alone. Default: null, all of the shard.</summary>
    public TopicTag? Topic { get; init; }

    /// <summary>Where to begin. Default: <see cref="FeedStart.Now"/>.</summary>
    public FeedStart Start { get; init; } = FeedStart.Now;

    /// <summary>What to do when the position cannot be continued. Default: <see cref="CursorGapAction.Throw"/>.</summary>
    public CursorGapAction OnGap { get; init; } = CursorGapAction.Throw;

    /// <summary>
    /// Whether history that came by sync may be left out, as who gossips on what is new wants it. Default false. Not with
    /// <see cref="Topic"/>.
    /// </summary>
    public bool SkipsSynced { get; init; }
}
