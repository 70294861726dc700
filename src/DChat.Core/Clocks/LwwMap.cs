using System.Collections.Immutable;

namespace DChat.Core.Clocks;

/// <summary>
/// Registers by name, each of which the last writer wins. Merging is associative, commutative and idempotent: copies that were
/// told the same, in any order and as often as you like, are equal. Immutable. How many names there may be is for its owner to bound.
/// </summary>
public sealed class LwwMap : IEquatable<LwwMap>
{
    private readonly ImmutableSortedDictionary<string, LwwRegister> _registers;

    private LwwMap(ImmutableSortedDictionary<string, LwwRegister> registers) => _registers = registers;

    /// <summary>No registers.</summary>
    public static LwwMap Empty { get; } = new(ImmutableSortedDictionary.Create<string, LwwRegister>(StringComparer.Ordinal));

    /// <summary>All registers, by name in ordinal order.</summary>
    public IEnumerable<KeyValuePair<string, LwwRegister>> Registers => _registers;

    /// <summary>How many registers there are.</summary>
    public int Count => _registers.Count;

    /// <summary>The register of a name; null when nothing was written to it.</summary>
    public LwwRegister? Find(string name) => _registers.GetValueOrDefault(name);

    /// <summary>The same, with a write; nothing changes when a later one is known.</summary>
    public LwwMap With(string name, LwwRegister register)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(register);
        var later = Find(name) is { } known ? LwwRegister.Later(known, register) : register;
        return later.Equals(Find(name)) ? this : new LwwMap(_registers.SetItem(name, later));
    }

    /// <summary>What either holds, the later of each name.</summary>
    public LwwMap Merge(LwwMap other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return other._registers.Aggregate(this, (merged, entry) => merged.With(entry.Key, entry.Value));
    }

    /// <inheritdoc/>
    public bool Equals(LwwMap? other) => other is not null && (ReferenceEquals(this, other) || _registers.SequenceEqual(other._registers));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as LwwMap);

    /// <inheritdoc/>
    public override int GetHashCode() => _registers.Aggregate(0, (hash, entry) => HashCode.Combine(hash, entry.Key, entry.Value));
}
