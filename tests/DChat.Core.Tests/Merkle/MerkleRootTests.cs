using CsCheck;
using DChat.Core.Merkle;

namespace DChat.Core.Tests.Merkle;

public sealed class MerkleRootTests
{
    // The inputs of the reference test vectors of certificate transparency.
    private static readonly string[] Leaves =
        ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

    [Theory]
    [InlineData(0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData(1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")]
    [InlineData(2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125")]
    [InlineData(3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77")]
    [InlineData(5, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4")]
    [InlineData(7, "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c")]
    [InlineData(8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328")]
    public void The_vectors_of_certificate_transparency_hold(int count, string root)
    {
        var tree = new MerkleRoot();
        foreach (var leaf in Leaves.Take(count))
        {
            tree.Add(Convert.FromHexString(leaf));
        }

        Assert.Equal(Bytes32.Parse(root), tree.Compute());
        Assert.Equal((ulong)count, tree.Count);
    }

    [Fact]
    public void It_is_the_recursive_definition_for_any_leaves() => Gen.Byte.Array[0, 300].Array[0, 40].Sample(leaves =>
    {
        var tree = new MerkleRoot();
        foreach (var leaf in leaves)
        {
            tree.Add(leaf);
        }

        Assert.Equal(new NaiveTree(leaves).Root(leaves.Length), tree.Compute());
    });
}
