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
        return new ShardFloors([.. RetentionClasses.All.Select(floorOf)]);
    }

    /// <summary>The floor of a class.</summary>
    public HybridTimestamp this[RetentionClass retention] => _floors[RetentionClasses.IndexOf(retention)];

    /// <summary>The higher of two floors for each class.</summary>
    public ShardFloors Max(ShardFloors other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Of(retention => this[retention] > other[retention] ? this[retention] : other[retention]);
    }

    /// <summary>Whether a class has a higher floor than with others.</summary>
    public bool IsAbove(ShardFloors other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return RetentionClasses.All.Any(retention => this[retention] > other[retention]);
    }

    /// <summary>Whether a message stands below the floor of its class.</summary>
    public bool IsBelow(in IndexEntry entry) => entry.Hlc < this[entry.Class];
}
