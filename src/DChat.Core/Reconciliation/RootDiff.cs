namespace DChat.Core.Reconciliation;

/// <summary>Finds the parts in which two lists of roots differ: of an epoch the (shard, class) whose segments are to be looked into.</summary>
public static class RootDiff
{
    /// <summary>The keys whose roots differ, or that only one list has, in order.</summary>
    /// <param name="ours">Our roots, by ascending key.</param>
    /// <param name="theirs">The peer's.</param>
    /// <exception cref="ArgumentException">Our keys do not ascend.</exception>
    /// <exception cref="DChatException">The peer's keys do not ascend (<c>reconciliation-invalid</c>).</exception>
    public static IReadOnlyList<ulong> Compare(ReadOnlySpan<KeyedRoot> ours, ReadOnlySpan<KeyedRoot> theirs)
    {
        if (!Ascend(ours))
        {
            throw new ArgumentException("The keys do not ascend.", nameof(ours));
        }

        if (!Ascend(theirs))
        {
            ReconciliationFaults.ThrowInvalid("its keys do not ascend");
        }

        List<ulong> differing = [];
        var (i, j) = (0, 0);
        while (i < ours.Length || j < theirs.Length)
        {
            if (i < ours.Length && j < theirs.Length && ours[i] == theirs[j])
            {
                (i, j) = (i + 1, j + 1);
                continue;
            }

            var key = i == ours.Length ? theirs[j].Key : j == theirs.Length ? ours[i].Key : Math.Min(ours[i].Key, theirs[j].Key);
            differing.Add(key);
            i += i < ours.Length && ours[i].Key == key ? 1 : 0;
            j += j < theirs.Length && theirs[j].Key == key ? 1 : 0;
        }

        return differing;
    }

    private static bool Ascend(ReadOnlySpan<KeyedRoot> roots)
    {
        for (var i = 1; i < roots.Length; i++)
        {
            if (roots[i].Key <= roots[i - 1].Key)
            {
                return false;
            }
        }

        return true;
    }
}
