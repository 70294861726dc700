using System.Numerics;

namespace DChat.Core.Merkle;

/// <summary>
/// The Merkle tree hash of RFC 6962, section 2.1, with SHA-256, computed as the leaves come: at most 64 hashes are held,
/// one for each complete subtree. Not thread-safe.
/// </summary>
public sealed class MerkleRoot
{
    private readonly Bytes32[] _subtrees = new Bytes32[64];

    /// <summary>How many leaves the tree has.</summary>
    public ulong Count { get; private set; }

    /// <summary>The root of no leaves: SHA-256 of nothing.</summary>
    public static Bytes32 Empty => MerkleHash.Empty;

    /// <summary>Adds the next leaf.</summary>
    /// <param name="leaf">The leaf's bytes, of any length; not their hash.</param>
    public void Add(ReadOnlySpan<byte> leaf)
    {
        var hash = MerkleHash.HashLeaf(leaf);
        var level = 0;
        for (; ((Count >> level) & 1) == 1; level++)
        {
            hash = MerkleHash.HashNode(_subtrees[level], hash);
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
                hash = MerkleHash.HashNode(_subtrees[level], hash);
            }
        }

        return hash;
    }
}
