namespace DChat.Core.Shards;

/// <summary>All messages of a shard at one moment: every one of them is in the open set or sealed, or seldom in both.</summary>
/// <param name="Open">The open set, to which messages are still added.</param>
/// <param name="Sealed">The sealed messages.</param>
public sealed record ShardView(ShardIndex Open, ISealedMessages Sealed);
