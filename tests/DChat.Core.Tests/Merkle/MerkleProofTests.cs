using CsCheck;
using DChat.Core.Merkle;

namespace DChat.Core.Tests.Merkle;

public sealed class MerkleProofTests
{
    private const int Largest = 70;

    private readonly NaiveTree _tree = new([.. Enumerable.Range(0, Largest).Select(BitConverter.GetBytes)]);

    [Fact]
    public void A_change_to_any_part_of_an_inclusion_proof_fails_it()
    {
        for (var size = 1; size <= Largest; size++)
        {
            for (var index = 0; index < size; index++)
            {
                var (leaf, root, path) = (Leaf(index), _tree.Root(size), _tree.Path(index, size).ToArray());
                var (at, of) = ((ulong)index, (ulong)size);
                Assert.True(MerkleProof.VerifyInclusion(leaf, at, of, path, root));

                Assert.All(Tampered(path), other => Assert.False(MerkleProof.VerifyInclusion(leaf, at, of, other, root)));
                Assert.False(MerkleProof.VerifyInclusion(Flip(leaf), at, of, path, root));
                Assert.False(MerkleProof.VerifyInclusion(leaf, at, of, path, Flip(root)));
                for (var other = 0; other < size; other++)
                {
                    Assert.Equal(other == index, MerkleProof.VerifyInclusion(leaf, (ulong)other, of, path, root));
                }
            }
        }
    }

    [Fact]
    public void A_change_to_any_part_of_a_consistency_proof_fails_it()
    {
        for (var size = 1; size <= Largest; size++)
        {
            for (var old = 1; old <= size; old++)
            {
                var (oldRoot, newRoot, path) = (_tree.Root(old), _tree.Root(size), _tree.Proof(old, size).ToArray());
                var (from, to) = ((ulong)old, (ulong)size);
                Assert.True(MerkleProof.VerifyConsistency(from, oldRoot, to, newRoot, path));

                Assert.All(Tampered(path), other => Assert.False(MerkleProof.VerifyConsistency(from, oldRoot, to, newRoot, other)));
                Assert.False(MerkleProof.VerifyConsistency(from, Flip(oldRoot), to, newRoot, path));
                Assert.False(MerkleProof.VerifyConsistency(from, oldRoot, to, Flip(newRoot), path));
                Assert.Equal(old == size, MerkleProof.VerifyConsistency(to, newRoot, from, oldRoot, path));
            }
        }
    }

    [Fact]
    public void Nothing_is_in_the_empty_tree_and_no_leaf_is_beyond_the_last()
    {
        Assert.False(MerkleProof.VerifyInclusion(MerkleHash.Empty, 0, 0, [], MerkleHash.Empty));
        Assert.False(MerkleProof.VerifyInclusion(Leaf(0), 1, 1, [], Leaf(0)));
        Assert.False(MerkleProof.VerifyInclusion(Leaf(0), ulong.MaxValue, 1, [], Leaf(0)));
        Assert.True(MerkleProof.VerifyInclusion(Leaf(0), 0, 1, [], Leaf(0)));
    }

    [Fact]
    public void Every_tree_begins_with_the_empty_one_whose_root_is_known()
    {
        Assert.True(MerkleProof.VerifyConsistency(0, MerkleHash.Empty, 7, _tree.Root(7), []));
        Assert.True(MerkleProof.VerifyConsistency(0, MerkleHash.Empty, 0, MerkleHash.Empty, []));
        Assert.False(MerkleProof.VerifyConsistency(0, Leaf(0), 7, _tree.Root(7), []));
        Assert.False(MerkleProof.VerifyConsistency(0, Leaf(0), 0, Leaf(0), []));
        Assert.False(MerkleProof.VerifyConsistency(0, MerkleHash.Empty, 0, Leaf(0), []));
        Assert.False(MerkleProof.VerifyConsistency(0, MerkleHash.Empty, 7, _tree.Root(7), [Leaf(0)]));
        Assert.False(MerkleProof.VerifyConsistency(7, _tree.Root(7), 0, MerkleHash.Empty, []));
    }

    [Fact]
    public void A_path_has_at_most_64_hashes()
    {
        // The first leaf of the largest tree: every sibling is to its right.
        var path = Enumerable.Range(0, MerkleProof.MaxLength).Select(Leaf).ToArray();
        var root = path.Aggregate(Leaf(99), MerkleHash.HashNode);

        Assert.True(MerkleProof.VerifyInclusion(Leaf(99), 0, ulong.MaxValue, path, root));
        Assert.False(MerkleProof.VerifyInclusion(Leaf(99), 0, ulong.MaxValue, [.. path, Leaf(64)], MerkleHash.HashNode(root, Leaf(64))));
        Assert.False(MerkleProof.VerifyInclusion(
            Leaf(99), 0, ulong.MaxValue, path.AsSpan(0, 63), path.Take(63).Aggregate(Leaf(99), MerkleHash.HashNode)));

        Assert.True(MerkleProof.VerifyConsistency(1, Leaf(99), ulong.MaxValue, root, path));
        Assert.False(MerkleProof.VerifyConsistency(1, Leaf(99), ulong.MaxValue, MerkleHash.HashNode(root, Leaf(64)), [.. path, Leaf(64)]));
    }

    [Fact]
    public void Nothing_that_a_stranger_sends_throws_or_passes()
    {
        var hash = Gen.Byte.Array[32].Select(bytes => new Bytes32(bytes));
        var size = Gen.OneOf(Gen.ULong, Gen.ULong[0, 300], Gen.Const(ulong.MaxValue), Gen.Const(1UL << 63));
        Gen.Select(size, size, hash, hash, hash.Array[0, 70]).Sample((first, second, left, right, path) =>
            !MerkleProof.VerifyInclusion(left, first, second, path, right)
            && (!MerkleProof.VerifyConsistency(first, left, second, right, path) || left == right));
    }

    /// <summary>The path with one hash changed, one less, one more, or two in each other's place.</summary>
    private static IEnumerable<Bytes32[]> Tampered(Bytes32[] path)
    {
        for (var i = 0; i < path.Length; i++)
        {
            yield return [.. path[..i], Flip(path[i]), .. path[(i + 1)..]];
            yield return [.. path[..i], .. path[(i + 1)..]];
            yield return [.. path[..i], path[i], .. path[i..]];
            if (i > 0)
            {
                yield return [.. path[..(i - 1)], path[i], path[i - 1], .. path[(i + 1)..]];
            }
        }

        yield return [.. path, default];
        yield return [default, .. path];
    }

    private static Bytes32 Leaf(int number) => MerkleHash.HashLeaf(BitConverter.GetBytes(number));

    private static Bytes32 Flip(Bytes32 hash)
    {
        var bytes = hash.ToArray();
        bytes[31] ^= 1;
        return new Bytes32(bytes);
    }
}
