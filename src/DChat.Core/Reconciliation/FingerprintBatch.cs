using System.Buffers.Binary;
using DChat.Core.Merkle;

namespace DChat.Core.Reconciliation;

/// <summary>Fingerprints of up to <see cref="Capacity"/> ranges, hashed at once.</summary>
internal sealed class FingerprintBatch
{
    /// <summary>The most ranges of a batch: as many as a split makes, and as the widest vectors have lanes.</summary>
    public const int Capacity = 16;

    private const int BlockLength = 64;

    private readonly byte[] _blocks = new byte[Capacity * BlockLength];
    private readonly byte[] _hashes = new byte[Capacity * Bytes32.Length];

    /// <summary>How many ranges were added.</summary>
    public int Count { get; private set; }

    /// <summary>The fingerprint of a range, once computed.</summary>
    public SetFingerprint this[int index] => new(_hashes.AsSpan(index * Bytes32.Length, SetFingerprint.Length));

    /// <summary>Forgets all ranges.</summary>
    public void Clear() => Count = 0;

    /// <summary>Adds a range and returns its number.</summary>
    public int Add(IdSum sum, int count)
    {
        var block = _blocks.AsSpan(Count * BlockLength, BlockLength);
        block.Clear();
        sum.CopyTo(block);
        var length = Bytes32.Length + Varint.Write(block[Bytes32.Length..], (ulong)count);
        block[length] = 0x80;
        BinaryPrimitives.WriteUInt64BigEndian(block[^sizeof(ulong)..], 8 * (ulong)length);
        return Count++;
    }

    /// <summary>Hashes all ranges.</summary>
    public void Compute() => BatchSha256.HashBlocks(_blocks.AsSpan(0, Count * BlockLength), _hashes.AsSpan(0, Count * Bytes32.Length));
}
