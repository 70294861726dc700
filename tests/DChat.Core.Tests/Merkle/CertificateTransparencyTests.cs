using DChat.Core.Merkle;

namespace DChat.Core.Tests.Merkle;

/// <summary>The reference vectors of certificate transparency: eight leaves, roots, inclusion paths, consistency proofs.</summary>
public sealed class CertificateTransparencyTests
{
    private const string Leaf0 = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
    private const string Leaf1 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7";
    private const string Leaf4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
    private const string Leaves2To4 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
    private const string Leaves4To6 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";
    private const string Leaves4To8 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";
    private const string Leaves6To8 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";

    private static readonly string[] Leaves =
        ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

    private static readonly string[] Roots =
    [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        Leaf0,
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    [Fact]
    public void The_roots_hold()
    {
        for (var size = 0; size <= Leaves.Length; size++)
        {
            var (tiles, root) = MemoryTiles.OfHashes(Hashes(size));

            Assert.Equal(Bytes32.Parse(Roots[size]), root);
            Assert.True(new TreeProver(tiles, (ulong)size).TryComputeRoot(out var computed, out _));
            Assert.Equal(root, computed);
        }
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0, 8, Leaf1, Leaves2To4, Leaves4To8)]
    [InlineData(5, 8, Leaf4, Leaves6To8, 4)]
    [InlineData(2, 3, 2)]
    [InlineData(1, 5, Leaf0, Leaves2To4, Leaf4)]
    public void The_inclusion_paths_hold(int index, int size, params object[] hashes)
    {
        var expected = hashes.Select(Resolve).ToArray();
        var (tiles, root) = MemoryTiles.OfHashes(Hashes(8));

        Assert.True(new TreeProver(tiles, (ulong)size).TryProveInclusion((ulong)index, out var path, out _));

        Assert.Equal(expected, path);
        Assert.Equal(Bytes32.Parse(Roots[8]), root);
        var leaf = MerkleHash.HashLeaf(Convert.FromHexString(Leaves[index]));
        Assert.True(MerkleProof.VerifyInclusion(leaf, (ulong)index, (ulong)size, path, Bytes32.Parse(Roots[size])));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 8, Leaf1, Leaves2To4, Leaves4To8)]
    [InlineData(6, 8, Leaves4To6, Leaves6To8, 4)]
    [InlineData(2, 5, Leaves2To4, Leaf4)]
    public void The_consistency_proofs_hold(int oldSize, int newSize, params object[] hashes)
    {
        var expected = hashes.Select(Resolve).ToArray();
        var (tiles, _) = MemoryTiles.OfHashes(Hashes(8));

        Assert.True(new TreeProver(tiles, (ulong)newSize).TryProveConsistency((ulong)oldSize, out var path, out _));

        Assert.Equal(expected, path);
        Assert.True(MerkleProof.VerifyConsistency(
            (ulong)oldSize, Bytes32.Parse(Roots[oldSize]), (ulong)newSize, Bytes32.Parse(Roots[newSize]), path));
    }

    /// <summary>A hash as digits, or a tree's root by its size.</summary>
    private static Bytes32 Resolve(object hash) => Bytes32.Parse(hash is int size ? Roots[size] : (string)hash);

    private static Bytes32[] Hashes(int count) => [.. Leaves.Take(count).Select(leaf => MerkleHash.HashLeaf(Convert.FromHexString(leaf)))];
}
