using System.Diagnostics;
using System.Security.Cryptography;
using DChat.Core;
using DChat.Core.Merkle;

namespace DChat.Benchmarks.Storage;

/// <summary>
/// The tree of a segment of a million messages, tiles and root, on one core, beside the same hashes one by one with
/// <see cref="SHA256"/> of .NET, in alternating rounds.
/// </summary>
internal static class TreeFigures
{
    private const int Leaves = 1_000_000;
    private const int LeafLength = 45;

    public static void Report(BenchmarkReport report, int rounds)
    {
        var leaves = new byte[Leaves * LeafLength];
        new Random(1).NextBytes(leaves);

        // The first round of each warms it up.
        var (ours, theirs) = (new double[rounds], new double[rounds]);
        for (var i = -1; i < rounds; i++)
        {
            var started = Stopwatch.GetTimestamp();
            var root = TreeTiles.Build(leaves, LeafLength).Root;
            ours[Math.Max(i, 0)] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;

            started = Stopwatch.GetTimestamp();
            var expected = HashOneByOne(leaves);
            theirs[Math.Max(i, 0)] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            if (root != expected)
            {
                throw new InvalidOperationException("The roots differ: what was measured is not the same work.");
            }
        }

        var (median, peer) = (Quantiles.Median(ours), Quantiles.Median(theirs));
        report.Add("tree-1m", median, "ms", "< 200", "SHA256.HashData, same tree", median / peer);
    }

    /// <summary>The root, with one call a hash: leaves first, then pairs of the row below until one is left.</summary>
    private static Bytes32 HashOneByOne(ReadOnlySpan<byte> leaves)
    {
        var row = new byte[Leaves * Bytes32.Length];
        Span<byte> leaf = stackalloc byte[1 + LeafLength];
        for (var i = 0; i < Leaves; i++)
        {
            leaves.Slice(i * LeafLength, LeafLength).CopyTo(leaf[1..]);
            SHA256.HashData(leaf, row.AsSpan(i * Bytes32.Length));
        }

        Span<byte> node = stackalloc byte[1 + (2 * Bytes32.Length)];
        node[0] = 1;
        for (var count = Leaves; count > 1; count = (count / 2) + (count % 2))
        {
            for (var i = 0; i < count / 2; i++)
            {
                row.AsSpan(2 * i * Bytes32.Length, 2 * Bytes32.Length).CopyTo(node[1..]);
                SHA256.HashData(node, row.AsSpan(i * Bytes32.Length));
            }

            if (count % 2 == 1)
            {
                row.AsSpan((count - 1) * Bytes32.Length, Bytes32.Length).CopyTo(row.AsSpan(count / 2 * Bytes32.Length));
            }
        }

        return new Bytes32(row.AsSpan(0, Bytes32.Length));
    }
}
