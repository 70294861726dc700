using System.Collections.Immutable;

namespace DChat.Core.Clocks;

/// <summary>What a <see cref="DvvSet"/> holds of one device. Immutable.</summary>
public sealed class DvvEntry : IEquatable<DvvEntry>
{
    private readonly ImmutableList<ReadOnlyMemory<byte>> _newest;

    private DvvEntry(ulong written, ImmutableList<ReadOnlyMemory<byte>> newest)
    {
        Written = written;
        _newest = newest;
    }

    /// <summary>Of a device that has written nothing.</summary>
    internal static DvvEntry None { get; } = new(0, []);

    /// <summary>How many values the device has written.</summary>
    public ulong Written { get; }

    /// <summary>Those that nobody has replaced, the newest first: the values numbered <see cref="Written"/>, <see cref="Written"/> − 1 and so on.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Newest => _newest;

    private ulong Replaced => Written - (ulong)_newest.Count;

    /// <summary>Makes an entry as it was stored.</summary>
    /// <returns>Null when there are more values than were written.</returns>
    public static DvvEntry? TryCreate(ulong written, IEnumerable<ReadOnlyMemory<byte>> newest)
    {
        ImmutableList<ReadOnlyMemory<byte>> values = [.. newest];
        return (ulong)values.Count <= written ? new DvvEntry(written, values) : null;
    }

    /// <inheritdoc/>
    public bool Equals(DvvEntry? other) =>
        other is not null && Written == other.Written && _newest.Count == other._newest.Count
        && _newest.Zip(other._newest).All(pair => pair.First.Span.SequenceEqual(pair.Second.Span));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as DvvEntry);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Written, _newest.Count);

    internal DvvEntry Append(ReadOnlyMemory<byte> value) => new(checked(Written + 1), _newest.Insert(0, value));

    /// <summary>Without the values up to a number.</summary>
    internal DvvEntry After(ulong number)
    {
        var left = number >= Written ? 0 : (int)Math.Min((ulong)_newest.Count, Written - number);
        return new DvvEntry(Written, _newest.GetRange(0, left));
    }

    internal DvvEntry Merge(DvvEntry other)
    {
        // Whoever has written more also knows every value that neither has seen replaced.
        var (longer, shorter) = Written >= other.Written ? (this, other) : (other, this);
        var replaced = Math.Max(longer.Replaced, shorter.Replaced);
        var values = ImmutableList.CreateBuilder<ReadOnlyMemory<byte>>();
        for (var number = longer.Written; number > replaced; number--)
        {
            var value = longer.ValueOf(number);
            values.Add(number <= shorter.Written ? Greater(value, shorter.ValueOf(number)) : value);
        }

        return new DvvEntry(longer.Written, values.ToImmutable());
    }

    private ReadOnlyMemory<byte> ValueOf(ulong number) => _newest[(int)(Written - number)];

    private static ReadOnlyMemory<byte> Greater(ReadOnlyMemory<byte> left, ReadOnlyMemory<byte> right) =>
        left.Span.SequenceCompareTo(right.Span) >= 0 ? left : right;
}
