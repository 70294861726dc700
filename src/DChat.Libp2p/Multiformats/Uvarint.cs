using System.Buffers;
using System.Numerics;

namespace DChat.Libp2p.Multiformats;

/// <summary>
/// Unsigned LEB128 as multiformats restricts it: minimal, at most nine bytes
/// (https://github.com/multiformats/unsigned-varint). Length prefixes and codes are written so.
/// </summary>
public static class Uvarint
{
    /// <summary>The most bytes a value takes on the wire.</summary>
    public const int MaxLength = 9;

    /// <summary>The largest value: 2⁶³ − 1.</summary>
    public const ulong MaxValue = (1UL << 63) - 1;

    /// <summary>How many bytes <see cref="Write"/> needs, 1 to 9 (10 for values above <see cref="MaxValue"/>, which only protobuf allows).</summary>
    public static int Length(ulong value) => value == 0 ? 1 : (BitOperations.Log2(value) / 7) + 1;

    /// <summary>Writes <paramref name="value"/> and returns how many bytes it took.</summary>
    /// <exception cref="IndexOutOfRangeException"><paramref name="destination"/> is too short.</exception>
    public static int Write(Span<byte> destination, ulong value)
    {
        var i = 0;
        while (value >= 0x80)
        {
            destination[i++] = (byte)(value | 0x80);
            value >>= 7;
        }

        destination[i++] = (byte)value;
        return i;
    }

    /// <summary>Reads one value from the start of <paramref name="source"/>.</summary>
    /// <returns>
    /// <see cref="OperationStatus.Done"/>; <see cref="OperationStatus.NeedMoreData"/> when the value goes on past the end;
    /// <see cref="OperationStatus.InvalidData"/> when it is not minimal or longer than <see cref="MaxLength"/>.
    /// </returns>
    public static OperationStatus TryRead(ReadOnlySpan<byte> source, out ulong value, out int consumed)
    {
        value = 0;
        consumed = 0;
        for (var i = 0; i < MaxLength; i++)
        {
            if (i == source.Length)
            {
                return OperationStatus.NeedMoreData;
            }

            var b = source[i];
            value |= (ulong)(b & 0x7f) << (7 * i);
            if (b < 0x80)
            {
                consumed = i + 1;
                // A last byte of zero says nothing: the same value has a shorter form.
                return b == 0 && i > 0 ? OperationStatus.InvalidData : OperationStatus.Done;
            }
        }

        return OperationStatus.InvalidData;
    }

    /// <summary>Reads one value from the start of <paramref name="source"/>; like the span overload otherwise.</summary>
    public static OperationStatus TryRead(in ReadOnlySequence<byte> source, out ulong value, out int consumed)
    {
        var first = source.FirstSpan;
        if (first.Length >= MaxLength || source.IsSingleSegment)
        {
            return TryRead(first, out value, out consumed);
        }

        Span<byte> head = stackalloc byte[MaxLength];
        var length = (int)Math.Min(MaxLength, source.Length);
        source.Slice(0, length).CopyTo(head);
        return TryRead(head[..length], out value, out consumed);
    }
}
