using System.Buffers.Binary;

namespace DChat.Core.Reconciliation;

/// <summary>
/// The sum of ids modulo 2^256, each read as a little-endian number (negentropy v1, "Fingerprint Algorithm"). Sums of disjoint sets
/// add up to that of their union, so that a range costs two look-ups.
/// </summary>
public readonly record struct IdSum
{
    // Least significant first.
    private readonly ulong _a, _b, _c, _d;

    private IdSum(ulong a, ulong b, ulong c, ulong d) => (_a, _b, _c, _d) = (a, b, c, d);

    /// <summary>The sum of one id.</summary>
    public static IdSum Of(Bytes32 id)
    {
        var (a, b, c, d) = id;
        return new IdSum(
            BinaryPrimitives.ReverseEndianness(a),
            BinaryPrimitives.ReverseEndianness(b),
            BinaryPrimitives.ReverseEndianness(c),
            BinaryPrimitives.ReverseEndianness(d));
    }

    /// <summary>Adds modulo 2^256.</summary>
    public static IdSum operator +(IdSum left, IdSum right)
    {
        var a = left._a + right._a;
        var (b, carry) = Add(left._b, right._b, a < right._a ? 1UL : 0);
        (var c, carry) = Add(left._c, right._c, carry);
        return new IdSum(a, b, c, left._d + right._d + carry);
    }

    /// <summary>Subtracts modulo 2^256.</summary>
    public static IdSum operator -(IdSum left, IdSum right)
    {
        // Two's complement: a − b = a + ~b + 1.
        var (a, carry) = Add(left._a, ~right._a, 1);
        (var b, carry) = Add(left._b, ~right._b, carry);
        (var c, carry) = Add(left._c, ~right._c, carry);
        return new IdSum(a, b, c, left._d + ~right._d + carry);
    }

    /// <summary>Writes the sum, little-endian, to the first 32 bytes.</summary>
    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(destination, _a);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[8..], _b);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[16..], _c);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[24..], _d);
    }

    /// <summary>Reads what <see cref="CopyTo"/> writes.</summary>
    /// <exception cref="ArgumentException"><paramref name="bytes"/> is not 32 bytes long.</exception>
    public static IdSum Read(ReadOnlySpan<byte> bytes) => Of(new Bytes32(bytes));

    private static (ulong Sum, ulong Carry) Add(ulong left, ulong right, ulong carry)
    {
        var sum = left + right;
        var total = sum + carry;
        return (total, (sum < right ? 1UL : 0) | (total < carry ? 1UL : 0));
    }
}
