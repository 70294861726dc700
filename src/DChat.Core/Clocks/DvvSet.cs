using System.Collections.Immutable;
using DChat.Core.Keys;

namespace DChat.Core.Clocks;

/// <summary>
/// A register that keeps siblings: values written without knowing of each other stay side by side until somebody who has seen
/// them writes again. A dotted version vector set (Gonçalves et al., "Concise Server-Wide Causality Management", 2012–2015): for
/// each device how many values it has written and the newest of them that nobody has replaced. Merging is associative,
/// commutative and idempotent. Immutable.
/// </summary>
/// <remarks>
/// A device numbers its writes, so it must not forget its own. One that did, as after a restore, writes two values under one number; then the greater
/// bytes count everywhere, so that copies are equal all the same.
/// </remarks>
public sealed class DvvSet : IEquatable<DvvSet>
{
    private readonly ImmutableSortedDictionary<DeviceKey, DvvEntry> _entries;

    private DvvSet(ImmutableSortedDictionary<DeviceKey, DvvEntry> entries) => _entries = entries;

    /// <summary>Nothing written.</summary>
    public static DvvSet Empty { get; } = new(ImmutableSortedDictionary.Create<DeviceKey, DvvEntry>(DeviceOrder.Instance));

    /// <summary>A set with these entries.</summary>
    /// <exception cref="ArgumentException">A device has two entries.</exception>
    public static DvvSet Of(IEnumerable<KeyValuePair<DeviceKey, DvvEntry>> entries) =>
        new(ImmutableSortedDictionary.CreateRange(DeviceOrder.Instance, entries));

    /// <summary>What it holds of each device, by device ascending.</summary>
    public IEnumerable<KeyValuePair<DeviceKey, DvvEntry>> Entries => _entries;

    /// <summary>The siblings: by device ascending, of a device the newest first. One when all writers knew of each other, none when nothing was written or it was cleared.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Values => [.. _entries.Values.SelectMany(entry => entry.Newest)];

    /// <summary>What a reader of <see cref="Values"/> has seen, for <see cref="Write"/>.</summary>
    public VersionVector Context => _entries.Aggregate(VersionVector.Empty, (seen, entry) => seen.With(entry.Key, entry.Value.Written));

    /// <summary>Writes a value in place of those that the writer has seen.</summary>
    /// <param name="device">The writer.</param>
    /// <param name="seen">The <see cref="Context"/> of what it has read.</param>
    /// <param name="value">The value; must not change afterwards.</param>
    public DvvSet Write(DeviceKey device, VersionVector seen, ReadOnlyMemory<byte> value)
    {
        var cleared = Clear(seen)._entries;
        return new DvvSet(cleared.SetItem(device, (cleared.GetValueOrDefault(device) ?? DvvEntry.None).Append(value)));
    }

    /// <summary>Drops the values that somebody has seen.</summary>
    /// <param name="seen">The <see cref="Context"/> of what was read.</param>
    public DvvSet Clear(VersionVector seen)
    {
        ArgumentNullException.ThrowIfNull(seen);
        return new DvvSet(_entries.ToImmutableSortedDictionary(entry => entry.Key, entry => entry.Value.After(seen[entry.Key]), DeviceOrder.Instance));
    }

    /// <summary>What either holds and neither has seen replaced.</summary>
    public DvvSet Merge(DvvSet other)
    {
        ArgumentNullException.ThrowIfNull(other);
        var merged = other._entries.Aggregate(_entries, (entries, entry) => entries.SetItem(
            entry.Key, entries.TryGetValue(entry.Key, out var known) ? known.Merge(entry.Value) : entry.Value));
        return new DvvSet(merged);
    }

    /// <inheritdoc/>
    public bool Equals(DvvSet? other) => other is not null && _entries.SequenceEqual(other._entries);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as DvvSet);

    /// <inheritdoc/>
    public override int GetHashCode() => _entries.Aggregate(0, (hash, entry) => HashCode.Combine(hash, entry.Key, entry.Value.Written));
}
