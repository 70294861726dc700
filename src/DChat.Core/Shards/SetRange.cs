using DChat.Core.Clocks;

namespace DChat.Core.Shards;

/// <summary>Which messages of a shard are reconciled.</summary>
/// <param name="Floors">Of each class only those that do not stand below its floor.</param>
/// <param name="From">The least timestamp.</param>
/// <param name="To">The least timestamp that is behind them: what is newer may still be under way by gossip.</param>
public sealed record SetRange(ShardFloors Floors, HybridTimestamp From, HybridTimestamp To);
