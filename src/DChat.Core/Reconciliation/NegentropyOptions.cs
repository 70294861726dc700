namespace DChat.Core.Reconciliation;

/// <summary>How a session of negentropy is held, and how much of it a peer may have.</summary>
public sealed record NegentropyOptions
{
    /// <summary>The least frame limit that is not 0, in bytes.</summary>
    public const int MinFrameLimit = 4_096;

    /// <summary>The default of <see cref="MaxRounds"/>: what 10,000 differences take at the least frame limit, and as much again.</summary>
    public const int DefaultMaxRounds = 8_192;

    /// <summary>The default of <see cref="MaxBytes"/>: 256 MiB, what two sets of four million items with nothing in common take.</summary>
    public const long DefaultMaxBytes = 256L * 1_024 * 1_024;

    /// <summary>The default of <see cref="MaxDifferences"/>: about a million. Who lacks more takes segments instead.</summary>
    public const int DefaultMaxDifferences = 1 << 20;

    /// <summary>
    /// The most bytes of a message that is sent: 0 for no limit (default), or at least <see cref="MinFrameLimit"/>. A limit costs up to
    /// three times the bytes and many rounds; a stream that carries long messages is better.
    /// </summary>
    public int FrameLimit { get; init; }

    /// <summary>
    /// Whether to send what the reference implementation sends, byte for byte. Off by default: with limits on both sides the reference may
    /// end without having found all differences.
    /// </summary>
    public bool ReferenceBytes { get; init; }

    /// <summary>The most messages of the peer that are read, at least 1.</summary>
    public int MaxRounds { get; init; } = DefaultMaxRounds;

    /// <summary>The most bytes of a session, both ways together; at most <see cref="Array.MaxLength"/>.</summary>
    public long MaxBytes { get; init; } = DefaultMaxBytes;

    /// <summary>The most differences that an initiator takes note of, haves and needs together.</summary>
    public int MaxDifferences { get; init; } = DefaultMaxDifferences;

    /// <summary>Keys the tables of ids, which a peer chooses; drawn at random and told to nobody.</summary>
    public required ulong Salt { get; init; }

    /// <exception cref="ArgumentException">A value is out of range.</exception>
    internal void Validate()
    {
        if (FrameLimit is not 0 and < MinFrameLimit)
        {
            throw new ArgumentException($"FrameLimit is {FrameLimit}; it may be 0, or {MinFrameLimit} or more.", nameof(FrameLimit));
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(MaxRounds, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxBytes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxBytes, Array.MaxLength);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxDifferences);
    }
}
