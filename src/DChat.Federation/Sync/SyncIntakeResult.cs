namespace DChat.Federation.Sync;

/// <summary>What became of envelopes that a partner has brought.</summary>
internal readonly record struct SyncIntakeResult
{
    /// <summary>How many are durable.</summary>
    public int Kept { get; init; }

    /// <summary>How many of these had come another way meanwhile.</summary>
    public int Duplicates { get; init; }

    /// <summary>How many were refused for good.</summary>
    public int Refused { get; init; }

    /// <summary>How many may be kept later.</summary>
    public int Deferred { get; init; }

    /// <summary>Both together.</summary>
    public SyncIntakeResult With(SyncIntakeResult other) =>
        new()
        {
            Kept = Kept + other.Kept,
            Duplicates = Duplicates + other.Duplicates,
            Refused = Refused + other.Refused,
            Deferred = Deferred + other.Deferred,
        };
}
