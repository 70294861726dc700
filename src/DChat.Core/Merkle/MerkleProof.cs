using System.Numerics;

namespace DChat.Core.Merkle;

/// <summary>
/// Verifies proofs of RFC 6962 trees, in the way of RFC 9162, sections 2.1.3.2 and 2.1.4.2. Nothing a stranger sends throws or
/// takes more than <see cref="MaxLength"/> steps: what does not hold is false.
/// </summary>
public static class MerkleProof
{
    /// <summary>The most hashes of a proof: enough for inclusion in any tree that a u64 can number, and for consistency up to 2^63 leaves.</summary>
    public const int MaxLength = 64;

    /// <summary>Whether a leaf is in the tree of a root.</summary>
    /// <param name="leafHash">The leaf's hash, of <see cref="MerkleHash.HashLeaf"/>, computed by who verifies.</param>
    /// <param name="index">The leaf's number, from 0.</param>
    /// <param name="treeSize">How many leaves the root stands for.</param>
    /// <param name="path">The proof, from the leaf up.</param>
    /// <param name="root">The tree's root.</param>
    public static bool VerifyInclusion(Bytes32 leafHash, ulong index, ulong treeSize, ReadOnlySpan<Bytes32> path, Bytes32 root)
    {
        if (index >= treeSize || path.Length > MaxLength)
        {
            return false;
        }

        var (node, last, hash) = (index, treeSize - 1, leafHash);
        foreach (var sibling in path)
        {
            if (last == 0)
            {
                return false;
            }

            hash = Climb(ref node, ref last) ? MerkleHash.HashNode(sibling, hash) : MerkleHash.HashNode(hash, sibling);
        }

        return last == 0 && hash == root;
    }

    /// <summary>
    /// Whether a tree begins with all leaves of an older one, in their order. Every tree begins with the empty one; trees of one
    /// size are the same when their roots are; neither takes a hash.
    /// </summary>
    /// <param name="oldSize">How many leaves the older root stands for.</param>
    /// <param name="oldRoot">The older root.</param>
    /// <param name="newSize">How many leaves the newer root stands for.</param>
    /// <param name="newRoot">The newer root.</param>
    /// <param name="path">The proof, from the leaves up.</param>
    public static bool VerifyConsistency(ulong oldSize, Bytes32 oldRoot, ulong newSize, Bytes32 newRoot, ReadOnlySpan<Bytes32> path)
    {
        if (oldSize > newSize || path.Length > MaxLength)
        {
            return false;
        }

        if (oldSize == newSize || oldSize == 0)
        {
            return path.IsEmpty && (oldSize > 0 || oldRoot == MerkleHash.Empty) && (oldSize < newSize || oldRoot == newRoot);
        }

        // The largest subtree that ends both the older tree and a node of the newer: all of the older, or the first hash.
        var skipped = BitOperations.TrailingZeroCount(oldSize);
        var (node, last) = ((oldSize - 1) >> skipped, (newSize - 1) >> skipped);
        var isWhole = node == 0;
        if (!isWhole && path.IsEmpty)
        {
            return false;
        }

        var oldHash = isWhole ? oldRoot : path[0];
        var newHash = oldHash;
        foreach (var sibling in isWhole ? path : path[1..])
        {
            if (last == 0)
            {
                return false;
            }

            if (Climb(ref node, ref last))
            {
                oldHash = MerkleHash.HashNode(sibling, oldHash);
                newHash = MerkleHash.HashNode(sibling, newHash);
            }
            else
            {
                newHash = MerkleHash.HashNode(newHash, sibling);
            }
        }

        return last == 0 && oldHash == oldRoot && newHash == newRoot;
    }

    /// <summary>
    /// Goes up to the parent; true when the node is its right child. A node at the right edge without a sibling is the same node
    /// levels higher, up to where it has one. Only below the root: <paramref name="last"/> is not 0.
    /// </summary>
    private static bool Climb(ref ulong node, ref ulong last)
    {
        var isRight = (node & 1) == 1 || node == last;
        if (isRight && (node & 1) == 0)
        {
            var levels = BitOperations.TrailingZeroCount(node);
            node >>= levels;
            last >>= levels;
        }

        node >>= 1;
        last >>= 1;
        return isRight;
    }
}
