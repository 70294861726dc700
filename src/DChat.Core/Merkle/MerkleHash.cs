using System.Security.Cryptography;

namespace DChat.Core.Merkle;

/// <summary>
/// The hashes of RFC 6962, section 2.1, with SHA-256: a leaf is hashed after the byte 0x00, a node after 0x01, so that neither
/// passes for the other. Many are hashed together where the processor can.
/// </summary>
public static class MerkleHash
{
    /// <summary>The length of a hash in bytes.</summary>
    public const int Length = Bytes32.Length;

    /// <summary>The longest leaf that <see cref="HashLeaves"/> takes, in bytes: 64 KiB.</summary>
    public const int MaxLeafLength = BatchSha256.MaxRecordLength;

    private const byte LeafPrefix = 0;
    private const byte NodePrefix = 1;
    private const int StackLeafLength = 256;

    /// <summary>The root of no leaves: SHA-256 of nothing.</summary>
    public static Bytes32 Empty { get; } = new(SHA256.HashData([]));

    /// <summary>Hashes a leaf of any length: SHA-256(0x00 ‖ leaf).</summary>
    public static Bytes32 HashLeaf(ReadOnlySpan<byte> leaf)
    {
        var input = leaf.Length < StackLeafLength ? stackalloc byte[leaf.Length + 1] : new byte[leaf.Length + 1];
        input[0] = LeafPrefix;
        leaf.CopyTo(input[1..]);
        return Hash(input);
    }

    /// <summary>Hashes a node: SHA-256(0x01 ‖ left ‖ right).</summary>
    public static Bytes32 HashNode(Bytes32 left, Bytes32 right)
    {
        Span<byte> input = stackalloc byte[1 + (2 * Length)];
        input[0] = NodePrefix;
        left.CopyTo(input[1..]);
        right.CopyTo(input[(1 + Length)..]);
        return Hash(input);
    }

    /// <summary>Hashes leaves of one length.</summary>
    /// <param name="leaves">The leaves back to back.</param>
    /// <param name="leafLength">The length of one leaf, 0 to <see cref="MaxLeafLength"/> bytes.</param>
    /// <param name="hashes">Where their hashes go, 32 bytes a leaf, neither more nor less.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void HashLeaves(ReadOnlySpan<byte> leaves, int leafLength, Span<byte> hashes) =>
        BatchSha256.Hash(LeafPrefix, leaves, leafLength, hashes);

    /// <summary>Hashes the nodes above a row of hashes.</summary>
    /// <param name="children">Hashes back to back, 64 bytes a node: left, right.</param>
    /// <param name="nodes">Where the hashes of the nodes go, half as long. May be the start of <paramref name="children"/>.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void HashNodes(ReadOnlySpan<byte> children, Span<byte> nodes) =>
        BatchSha256.Hash(NodePrefix, children, 2 * Length, nodes);

    /// <summary>
    /// The root over a row of hashes, as if they were those of leaves; so the hash that stands for a full tile in the level above
    /// it. The last of them may stand for fewer leaves than the others.
    /// </summary>
    /// <param name="hashes">Hashes back to back; overwritten.</param>
    /// <exception cref="ArgumentException"><paramref name="hashes"/> is not a whole number of hashes.</exception>
    public static Bytes32 FoldRow(Span<byte> hashes)
    {
        if (hashes.Length % Length != 0)
        {
            throw new ArgumentException($"Expected a whole number of hashes of {Length} bytes, got {hashes.Length} bytes.", nameof(hashes));
        }

        if (hashes.IsEmpty)
        {
            return Empty;
        }

        // Pairs from the left and the odd one up unchanged: the split of RFC 6962 at the largest power of two, from below.
        var count = hashes.Length / Length;
        while (count > 1)
        {
            var nodes = count / 2;
            HashNodes(hashes[..(nodes * 2 * Length)], hashes[..(nodes * Length)]);
            if (count % 2 == 1)
            {
                hashes.Slice((count - 1) * Length, Length).CopyTo(hashes[(nodes * Length)..]);
            }

            count = nodes + (count % 2);
        }

        return new Bytes32(hashes[..Length]);
    }

    private static Bytes32 Hash(ReadOnlySpan<byte> input)
    {
        Span<byte> hash = stackalloc byte[Length];
        SHA256.HashData(input, hash);
        return new Bytes32(hash);
    }
}
