using System.Buffers.Binary;
using System.Security.Cryptography;

namespace DChat.Core.Reconciliation;

/// <summary>
/// What stands for the items of a range: the first 16 bytes of SHA-256(sum of the ids, 32 bytes ‖ varint of their count), as in
/// negentropy v1. Who may choose many ids can make two sets with one fingerprint (about 2^36 hashes; Wagner, "A Generalized Birthday
/// Problem", 2002): it finds accidents, and roots of sealed segments find forgeries.
/// </summary>
public readonly record struct SetFingerprint
{
    /// <summary>The length in bytes.</summary>
    public const int Length = 16;

    private readonly ulong _first, _second;

    /// <summary>Reads exactly 16 bytes.</summary>
    /// <exception cref="ArgumentException"><paramref name="bytes"/> is not 16 bytes long.</exception>
    public SetFingerprint(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length)
        {
            throw new ArgumentException($"A fingerprint is {Length} bytes, got {bytes.Length}.", nameof(bytes));
        }

        _first = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        _second = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
    }

    /// <summary>The fingerprint of no items.</summary>
    public static SetFingerprint Empty { get; } = Of(default, 0);

    /// <summary>The fingerprint of items with a sum and a count.</summary>
    public static SetFingerprint Of(IdSum sum, ulong count)
    {
        Span<byte> input = stackalloc byte[Bytes32.Length + Varint.MaxLength];
        Span<byte> hash = stackalloc byte[Bytes32.Length];
        sum.CopyTo(input);
        var length = Bytes32.Length + Varint.Write(input[Bytes32.Length..], count);
        SHA256.HashData(input[..length], hash);
        return new SetFingerprint(hash[..Length]);
    }

    /// <summary>Writes the 16 bytes to the start of <paramref name="destination"/>.</summary>
    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, _first);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _second);
    }

    /// <summary>32 lower-case hexadecimal digits.</summary>
    public override string ToString() => $"{_first:x16}{_second:x16}";
}
