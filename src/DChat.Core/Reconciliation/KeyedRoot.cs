namespace DChat.Core.Reconciliation;

/// <summary>The root of one of many parts, such as that of a (shard, class) of an epoch.</summary>
/// <param name="Key">Which part; the same on both sides.</param>
/// <param name="Root">What it has.</param>
public readonly record struct KeyedRoot(ulong Key, Bytes32 Root);
