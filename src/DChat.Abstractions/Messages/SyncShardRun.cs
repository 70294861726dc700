namespace DChat.Abstractions.Messages;

/// <summary>How one shard was reconciled with a partner.</summary>
/// <param name="Shard">The number of the shard.</param>
/// <param name="Ours">How many messages of it were ours.</param>
/// <param name="Theirs">How many were the partner's.</param>
[GenerateSerializer, Immutable, Alias("dchat.SyncShardRun")]
public sealed record SyncShardRun([property: Id(0)] int Shard, [property: Id(1)] long Ours, [property: Id(2)] long Theirs)
{
    /// <summary>How many of the partner's we lacked.</summary>
    [Id(3)]
    public long Needs { get; init; }

    /// <summary>How many of ours the partner lacked.</summary>
    [Id(4)]
    public long Haves { get; init; }

    /// <summary>How many of those that we lacked are durable here now.</summary>
    [Id(5)]
    public long Pulled { get; init; }

    /// <summary>How many of those that the partner lacked it has made durable.</summary>
    [Id(6)]
    public long Given { get; init; }

    /// <summary>How many were put off: beyond a budget, or the shard was away.</summary>
    [Id(7)]
    public long Deferred { get; init; }

    /// <summary>How many of the partner's we have refused for good.</summary>
    [Id(8)]
    public long Refused { get; init; }

    /// <summary>How the differences were found: <c>equal</c>, <c>sketch</c>, <c>negentropy</c>, or <c>split</c> when the range was parted.</summary>
    [Id(9)]
    public string Method { get; init; } = "";

    /// <summary>Whether the differences that were found are all, as both sides' digests say.</summary>
    [Id(10)]
    public bool IsExact { get; init; }

    /// <summary>Round trips to find them.</summary>
    [Id(11)]
    public int Rounds { get; init; }

    /// <summary>Symbols of the partner's sketch.</summary>
    [Id(12)]
    public int Symbols { get; init; }

    /// <summary>Bytes both ways to find them.</summary>
    [Id(13)]
    public long FindingBytes { get; init; }

    /// <summary>Bytes both ways to bring them over.</summary>
    [Id(14)]
    public long TransferBytes { get; init; }

    /// <summary>How many of those that the partner lacks it does not want now: it pulls them itself, does not name this gateway, or was brought too much.</summary>
    [Id(16)]
    public long Unwanted { get; init; }

    /// <summary>How many of those that were pulled had come another way meanwhile.</summary>
    [Id(17)]
    public long Duplicates { get; init; }

    /// <summary>What went wrong; null when nothing did.</summary>
    [Id(15)]
    public string? Fault { get; init; }

    /// <summary>The sums of both; exact when both are, with the fault of the first that has one.</summary>
    public SyncShardRun Plus(SyncShardRun other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return this with
        {
            Ours = Ours + other.Ours,
            Theirs = Theirs + other.Theirs,
            Needs = Needs + other.Needs,
            Haves = Haves + other.Haves,
            Pulled = Pulled + other.Pulled,
            Duplicates = Duplicates + other.Duplicates,
            Given = Given + other.Given,
            Deferred = Deferred + other.Deferred,
            Refused = Refused + other.Refused,
            Unwanted = Unwanted + other.Unwanted,
            IsExact = IsExact && other.IsExact,
            Rounds = Rounds + other.Rounds,
            Symbols = Symbols + other.Symbols,
            FindingBytes = FindingBytes + other.FindingBytes,
            TransferBytes = TransferBytes + other.TransferBytes,
            Fault = Fault ?? other.Fault,
        };
    }

    /// <summary>Bytes that it takes to find the differences by exchanging all ids.</summary>
    public long NaiveBytes => MessageIdLength * (Ours + Theirs);

    private const int MessageIdLength = Core.Envelopes.MessageId.Length;
}
