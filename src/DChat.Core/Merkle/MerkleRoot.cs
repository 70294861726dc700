using System.Numerics;
using System.Security.Cryptography;

namespace DChat.Core.Merkle;

/// <summary>
/// The Merkle tree hash of RFC 6962, section 2.1, with SHA-256, computed as the leaves come: at most 64 hashes are held,
/// one for each complete subtree. Not thread-safe.
/// </summary>
public sealed class MerkleRoot
{
    private const byte LeafPrefix = 0;
    private const byte NodePrefix = 1;
    private const int StackLeafLength = 256;

    private readonly Bytes32[] _subtrees = new Bytes32[64];

    /// <summary>How many leaves the tree has.</summary>
    public ulong Count { get; private set; }

    /// <summary>The root of no leaves: SHA-256 of nothing.</summary>
    public static Bytes32 Empty { get; } = new(SHA256.HashData([]));

    /// <summary>Adds the next leaf.</summary>
    /// <param name="leaf">The leaf's bytes, of any length; not their hash.</param>
    public void Add(ReadOnlySpan<byte> leaf)
    {
        var hash = HashLeaf(leaf);
        var level = 0;
        for (; ((Count >> level) & 1) == 1; level++)
        {
            hash = HashNode(_subtrees[level], hash);
        }

        _subtrees[level] = hash;
        Count++;
    }

    /// <summary>The root of the leaves so far.</summary>
    public Bytes32 Compute()
    {
        if (Count == 0)
        {
            return Empty;
        }

        var level = BitOperations.TrailingZeroCount(Count);
        var hash = _subtrees[level];
        for (level++; level < _subtrees.Length; level++)
        {
            if (((Count >> level) & 1) == 1)
            {
                hash = HashNode(_subtrees[level], hash);
            }
        }

        return hash;
    }

    private static Bytes32 HashLeaf(ReadOnlySpan<byte> leaf)
    {
        var input = leaf.Length < StackLeafLength ? stackalloc byte[leaf.Length + 1] : new byte[leaf.Length + 1];
        input[0] = LeafPrefix;
        leaf.CopyTo(input[1..]);
        return Hash(input);
    }

    private static Bytes32 HashNode(Bytes32 left, Bytes32 right)
    {
        Span<byte> input = stackalloc byte[1 + (2 * Bytes32.Length)];
        input[0] = NodePrefix;
        left.CopyTo(input[1..]);
        right.CopyTo(input[(1 + Bytes32.Length)..]);
        return Hash(input);
    }

    private static Bytes32 Hash(ReadOnlySpan<byte> input)
    {
        Span<byte> hash = stackalloc byte[Bytes32.Length];
        SHA256.HashData(input, hash);
        return new Bytes32(hash);
    }
}
