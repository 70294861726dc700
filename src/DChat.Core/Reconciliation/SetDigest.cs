namespace DChat.Core.Reconciliation;

/// <summary>
/// How many items a set has and what their ids add up to. Digests of disjoint sets add up to that of the union; so what a peer's
/// digest must be follows from ours and the differences found, and an answer can be checked before anything is transferred.
/// </summary>
/// <param name="Count">How many items.</param>
/// <param name="Sum">The sum of their ids.</param>
public readonly record struct SetDigest(ulong Count, IdSum Sum)
{
    /// <summary>What stands for the items.</summary>
    public SetFingerprint Fingerprint => SetFingerprint.Of(Sum, Count);

    /// <summary>The digest of all items of a set.</summary>
    public static SetDigest Of(ISortedSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        return new SetDigest((ulong)set.Count, set.SumOf(0, set.Count));
    }

    /// <summary>The digest with one more item.</summary>
    public SetDigest With(Bytes32 id) => new(Count + 1, Sum + IdSum.Of(id));

    /// <summary>The digest with one item less.</summary>
    public SetDigest Without(Bytes32 id) => new(Count - 1, Sum - IdSum.Of(id));

    /// <summary>The digest of the union of two disjoint sets.</summary>
    public static SetDigest operator +(SetDigest left, SetDigest right) => new(left.Count + right.Count, left.Sum + right.Sum);

    /// <summary>The digest of what is left when a part is taken away.</summary>
    public static SetDigest operator -(SetDigest left, SetDigest right) => new(left.Count - right.Count, left.Sum - right.Sum);
}
