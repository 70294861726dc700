using DChat.Core.Segments;

namespace DChat.Core.Shards;

/// <summary>What has been sealed.</summary>
/// <param name="Segments">The segments.</param>
/// <param name="Holes">The sequences of messages that could not be read back, and are in no segment.</param>
public sealed record SealResult(IReadOnlyList<SealedRoot> Segments, IReadOnlyList<ulong> Holes)
{
    /// <summary>The sequences of messages that the disk failed to read, and are in no segment. They stay in the log, and may be sealed later.</summary>
    public IReadOnlyList<ulong> Unread { get; init; } = [];
}
