using System.Buffers.Binary;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;

namespace DChat.Core.Merkle;

/// <summary>
/// SHA-256 of many messages of one length: a prefix byte and a record each. Where vectors are wide enough, as many messages as
/// they have lanes are hashed at once, which is several times as fast as one call of <see cref="SHA256"/> a message.
/// </summary>
internal static class BatchSha256
{
    /// <summary>The longest record, so that a group of messages stays a small buffer.</summary>
    public const int MaxRecordLength = 64 * 1024;

    private const int HashLength = 32;
    private const int BlockLength = 64;
    private const int StackLength = 256;

    /// <summary>How many messages this machine hashes at once.</summary>
    public static BatchWidth Fastest { get; } =
        Vector512.IsHardwareAccelerated ? BatchWidth.Sixteen : Vector256.IsHardwareAccelerated ? BatchWidth.Eight : BatchWidth.One;

    /// <summary>Hashes every record, the fastest way that this machine has.</summary>
    /// <inheritdoc cref="Hash(BatchWidth, byte, ReadOnlySpan{byte}, int, Span{byte})"/>
    public static void Hash(byte prefix, ReadOnlySpan<byte> records, int recordLength, Span<byte> hashes) =>
        Hash(Fastest, prefix, records, recordLength, hashes);

    /// <summary>Hashes every record.</summary>
    /// <param name="width">How many at once; every width gives the same on every machine.</param>
    /// <param name="prefix">The byte before every record.</param>
    /// <param name="records">Records back to back, as many as <paramref name="hashes"/> has room for.</param>
    /// <param name="recordLength">The length of one record, 0 to <see cref="MaxRecordLength"/> bytes.</param>
    /// <param name="hashes">
    /// Where the hashes go, 32 bytes a record. May be the start of <paramref name="records"/> when a record is no shorter than a hash.
    /// </param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void Hash(BatchWidth width, byte prefix, ReadOnlySpan<byte> records, int recordLength, Span<byte> hashes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(recordLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(recordLength, MaxRecordLength);
        if (hashes.Length % HashLength != 0 || (long)hashes.Length / HashLength * recordLength != records.Length)
        {
            throw new ArgumentException("Room for one hash a record is needed, neither more nor less.", nameof(hashes));
        }

        var done = width switch
        {
            BatchWidth.Sixteen => Sha256Lanes<Sha256Vector512, Vector512<uint>>.HashGroups(prefix, records, recordLength, hashes),
            BatchWidth.Eight => Sha256Lanes<Sha256Vector256, Vector256<uint>>.HashGroups(prefix, records, recordLength, hashes),
            _ => 0,
        };
        HashSingly(prefix, records[(done * recordLength)..], recordLength, hashes[(done * HashLength)..]);
    }

    /// <summary>Hashes messages of at most 55 bytes each, padded to one block by the caller (FIPS 180-4, section 5.1.1).</summary>
    /// <param name="blocks">Blocks of 64 bytes back to back.</param>
    /// <param name="hashes">Where the hashes go, 32 bytes a block.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void HashBlocks(ReadOnlySpan<byte> blocks, Span<byte> hashes)
    {
        if (blocks.Length % BlockLength != 0 || hashes.Length != blocks.Length / 2)
        {
            throw new ArgumentException("Whole blocks are needed, and room for one hash each.", nameof(hashes));
        }

        // A group that is not full is hashed together all the same: even then it beats one call a message.
        var lanes = (int)Fastest;
        Span<byte> group = stackalloc byte[lanes * BlockLength];
        Span<byte> hashed = stackalloc byte[lanes * HashLength];
        while (!blocks.IsEmpty)
        {
            var length = Math.Min(blocks.Length, group.Length);
            blocks[..length].CopyTo(group);
            HashGroup(group, hashed);
            hashed[..(length / 2)].CopyTo(hashes);
            blocks = blocks[length..];
            hashes = hashes[(length / 2)..];
        }
    }

    private static void HashGroup(ReadOnlySpan<byte> blocks, Span<byte> hashes)
    {
        switch (Fastest)
        {
            case BatchWidth.Sixteen:
                Sha256Lanes<Sha256Vector512, Vector512<uint>>.HashBlocks(blocks, hashes);
                break;
            case BatchWidth.Eight:
                Sha256Lanes<Sha256Vector256, Vector256<uint>>.HashBlocks(blocks, hashes);
                break;
            default:
                SHA256.HashData(blocks[..(int)(BinaryPrimitives.ReadUInt64BigEndian(blocks[^sizeof(ulong)..]) / 8)], hashes);
                break;
        }
    }

    private static void HashSingly(byte prefix, ReadOnlySpan<byte> records, int recordLength, Span<byte> hashes)
    {
        var message = recordLength < StackLength ? stackalloc byte[recordLength + 1] : new byte[recordLength + 1];
        message[0] = prefix;
        for (var i = 0; i < hashes.Length / HashLength; i++)
        {
            records.Slice(i * recordLength, recordLength).CopyTo(message[1..]);
            SHA256.HashData(message, hashes.Slice(i * HashLength, HashLength));
        }
    }
}
