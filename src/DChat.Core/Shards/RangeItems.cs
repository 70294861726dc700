using DChat.Core.Reconciliation;

namespace DChat.Core.Shards;

/// <summary>The messages of a range at one moment, for one session.</summary>
/// <param name="Items">The messages; not thread-safe.</param>
/// <param name="Sketch">Their sketch, if it costs little to make one of what is cached.</param>
public sealed record RangeItems(ISortedSet Items, RatelessSketch? Sketch);
