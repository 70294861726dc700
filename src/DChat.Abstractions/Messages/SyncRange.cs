namespace DChat.Abstractions.Messages;

/// <summary>Which messages of a shard are to be reconciled.</summary>
/// <param name="From">The least HLC.</param>
/// <param name="To">The least HLC behind them.</param>
/// <param name="Floors">The floors of the peer as HLCs, by the number of the retention class from 1 on; those of the shard count as well.</param>
[GenerateSerializer, Immutable, Alias("dchat.SyncRange")]
public sealed record SyncRange([property: Id(0)] ulong From, [property: Id(1)] ulong To, [property: Id(2)] ulong[] Floors);
