namespace DChat.Abstractions.Messages;

/// <summary>How it stands between a gateway and one of its partners in sync.</summary>
/// <param name="PeerId">The partner's PeerId as text.</param>
/// <param name="Address">Where the partner is reached, ending with <c>/p2p</c>.</param>
/// <param name="IsRunning">Whether a run is under way.</param>
[GenerateSerializer, Immutable, Alias("dchat.SyncPartnerDescription")]
public sealed record SyncPartnerDescription([property: Id(0)] string PeerId, [property: Id(1)] string Address, [property: Id(2)] bool IsRunning)
{
    /// <summary>The number of the last run, from 1; 0 before the first has ended.</summary>
    [Id(3)]
    public long Runs { get; init; }

    /// <summary>When the last run began.</summary>
    [Id(4)]
    public DateTimeOffset? RanAt { get; init; }

    /// <summary>How long it took.</summary>
    [Id(5)]
    public TimeSpan Duration { get; init; }

    /// <summary>When a run last ended with both sides having the same, as far as it went back in time.</summary>
    [Id(6)]
    public DateTimeOffset? EqualAt { get; init; }

    /// <summary>Why the last run did not reach its end; null when it did.</summary>
    [Id(7)]
    public string? Fault { get; init; }

    /// <summary>The shards of the last run.</summary>
    [Id(8)]
    public SyncShardRun[] Shards { get; init; } = [];

    /// <summary>All shards of the last run together.</summary>
    public SyncShardRun Sum => Shards.Aggregate(new SyncShardRun(0, 0, 0) { IsExact = true }, (sum, shard) => sum.Plus(shard));

    /// <summary>Messages that came by this partner since the gateway started.</summary>
    [Id(9)]
    public long TotalPulled { get; init; }

    /// <summary>Messages that went to this partner since the gateway started, in runs of ours.</summary>
    [Id(10)]
    public long TotalGiven { get; init; }

    /// <summary>Bytes both ways since the gateway started, in runs of ours.</summary>
    [Id(11)]
    public long TotalBytes { get; init; }
}
