using System.Collections.Immutable;
using DChat.Core.Keys;

namespace DChat.Core.Clocks;

/// <summary>
/// How much of each device somebody has seen: a count a device (Mattern, 1989). Merging takes the greater counts, so it is
/// associative, commutative and idempotent. Immutable.
/// </summary>
public sealed class VersionVector : IEquatable<VersionVector>
{
    private readonly ImmutableSortedDictionary<DeviceKey, ulong> _counts;

    private VersionVector(ImmutableSortedDictionary<DeviceKey, ulong> counts) => _counts = counts;

    /// <summary>Nothing seen.</summary>
    public static VersionVector Empty { get; } = new(ImmutableSortedDictionary.Create<DeviceKey, ulong>(DeviceOrder.Instance));

    /// <summary>The devices of which something was seen and how much, by device ascending; no count is 0.</summary>
    public IEnumerable<KeyValuePair<DeviceKey, ulong>> Counts => _counts;

    /// <summary>How many devices it has a count of.</summary>
    public int Count => _counts.Count;

    /// <summary>How much of a device was seen; 0 when nothing.</summary>
    public ulong this[DeviceKey device] => _counts.GetValueOrDefault(device);

    /// <summary>The same, and of a device at least <paramref name="count"/>.</summary>
    public VersionVector With(DeviceKey device, ulong count) =>
        count > this[device] ? new VersionVector(_counts.SetItem(device, count)) : this;

    /// <summary>What either has seen.</summary>
    public VersionVector Merge(VersionVector other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return other._counts.Aggregate(this, (merged, entry) => merged.With(entry.Key, entry.Value));
    }

    /// <summary>Whether everything that the other has seen was seen here. Of two that differ neither may cover the other: they are concurrent.</summary>
    public bool Covers(VersionVector other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return other._counts.All(entry => entry.Value <= this[entry.Key]);
    }

    /// <inheritdoc/>
    public bool Equals(VersionVector? other) => other is not null && Covers(other) && other.Covers(this);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as VersionVector);

    /// <inheritdoc/>
    public override int GetHashCode() => _counts.Aggregate(0, (hash, entry) => HashCode.Combine(hash, entry.Key, entry.Value));

    /// <inheritdoc/>
    public override string ToString() => string.Join(' ', _counts.Select(entry => $"{entry.Key}:{entry.Value}"));
}
