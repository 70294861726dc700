using System.Security.Cryptography;
using DChat.Core.Keys;

namespace DChat.Core.Clocks;

/// <summary>
/// A value of which the last writer wins (Shapiro et al., 2011): the later timestamp, then the greater device, then the greater
/// SHA-256 of the value. So two that differ are never even, whatever a writer does. Immutable.
/// </summary>
/// <param name="time">When it was written; use <see cref="After"/>.</param>
/// <param name="device">Who wrote it.</param>
/// <param name="value">The value; must not change afterwards.</param>
public sealed class LwwRegister(HybridTimestamp time, DeviceKey device, ReadOnlyMemory<byte> value) : IEquatable<LwwRegister>
{
    /// <summary>When it was written.</summary>
    public HybridTimestamp Time { get; } = time;

    /// <summary>Who wrote it.</summary>
    public DeviceKey Device { get; } = device;

    /// <summary>The value.</summary>
    public ReadOnlyMemory<byte> Value { get; } = value;

    /// <summary>A timestamp by which a write wins over one that the writer knows, even over one from a clock that runs ahead.</summary>
    /// <param name="now">What the writer's clock says.</param>
    /// <param name="known">What it replaces; null when nothing.</param>
    public static HybridTimestamp After(HybridTimestamp now, LwwRegister? known) => known is null || known.Time < now || known.Time.Value == ulong.MaxValue
        ? now
        : new HybridTimestamp(known.Time.Value + 1);

    /// <summary>The one of two that counts.</summary>
    public static LwwRegister Later(LwwRegister left, LwwRegister right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        var order = left.Time.CompareTo(right.Time);
        order = order != 0 ? order : DeviceOrder.Instance.Compare(left.Device, right.Device);
        order = order != 0 ? order : Hash(left).CompareTo(Hash(right));
        return order >= 0 ? left : right;
    }

    /// <inheritdoc/>
    public bool Equals(LwwRegister? other) =>
        other is not null && Time == other.Time && Device == other.Device && Value.Span.SequenceEqual(other.Value.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as LwwRegister);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Time, Device, Value.Length);

    private static Bytes32 Hash(LwwRegister register) => new(SHA256.HashData(register.Value.Span));
}
