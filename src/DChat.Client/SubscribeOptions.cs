using DChat.Abstractions.Streams;

namespace DChat.Client;

/// <summary>How a subscription starts and what it does at a gap.</summary>
public sealed record SubscribeOptions
{
    /// <summary>New messages only; a gap is an error.</summary>
    public static SubscribeOptions Default { get; } = new();

    /// <summary>Where to begin. Default: <see cref="StartPosition.Now"/>.</summary>
    public StartPosition Start { get; init; } = StartPosition.Now;

    /// <summary>What to do when the cursor cannot be continued. Default: <see cref="CursorGapAction.Throw"/>.</summary>
    public CursorGapAction OnGap { get; init; } = CursorGapAction.Throw;
}
