using DChat.Core.Clocks;
using DChat.Core.Reconciliation;
using DChat.Core.Segments;

namespace DChat.Core.Shards;

/// <summary>The messages of a sealed segment as items to be reconciled.</summary>
/// <param name="Segment">What the segment is of.</param>
/// <param name="Root">Its root, which names its content.</param>
/// <param name="Items">Where the items are: by (HLC, MessageId) under the numbers from 0. Asking for one asks storage.</param>
/// <param name="Count">How many there are.</param>
/// <param name="First">The timestamp of the oldest.</param>
/// <param name="Last">The timestamp of the newest.</param>
public sealed record SealedItems(SegmentId Segment, Bytes32 Root, ISetItems Items, int Count, HybridTimestamp First, HybridTimestamp Last);
