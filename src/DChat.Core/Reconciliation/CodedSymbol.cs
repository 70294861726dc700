using System.Buffers.Binary;

namespace DChat.Core.Reconciliation;

/// <summary>
/// One symbol of a rateless IBLT (Yang, Gilad and Alizadeh, "Practical Rateless Set Reconciliation", SIGCOMM 2024): what some of a
/// set's items come to together. On the wire 41 bytes: the ids (32), their hashes (8, little-endian), their count modulo 256 (1).
/// The count tells a lone item's side; whether an item is alone, the hash tells.
/// </summary>
/// <param name="Ids">The exclusive or of the ids.</param>
/// <param name="Hashes">The exclusive or of their hashes under the sketch's key.</param>
/// <param name="Count">How many, modulo 256; of a difference, those of the minuend less those of the subtrahend.</param>
public readonly record struct CodedSymbol(Bytes32 Ids, ulong Hashes, sbyte Count)
{
    /// <summary>The length on the wire, in bytes.</summary>
    public const int Length = Bytes32.Length + sizeof(ulong) + 1;

    /// <summary>The symbol of the items of two disjoint sets.</summary>
    public static CodedSymbol operator +(CodedSymbol left, CodedSymbol right) =>
        new(left.Ids ^ right.Ids, left.Hashes ^ right.Hashes, unchecked((sbyte)(left.Count + right.Count)));

    /// <summary>The symbol of the items in which two sets differ.</summary>
    public static CodedSymbol operator -(CodedSymbol left, CodedSymbol right) =>
        new(left.Ids ^ right.Ids, left.Hashes ^ right.Hashes, unchecked((sbyte)(left.Count - right.Count)));

    /// <summary>Writes the symbol to the first <see cref="Length"/> bytes.</summary>
    public void Write(Span<byte> destination)
    {
        Ids.CopyTo(destination);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[Bytes32.Length..], Hashes);
        destination[Length - 1] = unchecked((byte)Count);
    }

    /// <summary>Reads a symbol; any bytes are one.</summary>
    /// <param name="symbol">At least <see cref="Length"/> bytes.</param>
    public static CodedSymbol Read(ReadOnlySpan<byte> symbol) => new(
        new Bytes32(symbol[..Bytes32.Length]),
        BinaryPrimitives.ReadUInt64LittleEndian(symbol[Bytes32.Length..]),
        unchecked((sbyte)symbol[Length - 1]));
}
