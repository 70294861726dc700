using System.Collections.Immutable;
using DChat.Core.Clocks;
using DChat.Core.Envelopes;

namespace DChat.Core.Shards;

/// <summary>The floor of each retention class at one moment: nothing with a timestamp below it is kept any more. Immutable.</summary>
public sealed class ShardFloors
{
    private readonly ImmutableArray<HybridTimestamp> _floors;

    private ShardFloors(ImmutableArray<HybridTimestamp> floors) => _floors = floors;

    /// <summary>No class has a floor.</summary>
    public static ShardFloors None { get; } = Of(_ => default);

    /// <summary>The floors that a function gives for each class.</summary>
    public static ShardFloors Of(Func<RetentionClass, HybridTimestamp> floorOf)
    {
        ArgumentNullException.ThrowIfNull(floorOf);
        return new ShardFloors([.. Enum.GetValues<RetentionClass>().Order().Select(floorOf)]);
    }

    /// <summary>Whether a message stands below the floor of its class.</summary>
    public bool IsBelow(in IndexEntry entry) => entry.Hlc < _floors[(int)entry.Class - (int)RetentionClass.OneDay];
}
