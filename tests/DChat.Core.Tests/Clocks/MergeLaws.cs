using CsCheck;

namespace DChat.Core.Tests.Clocks;

/// <summary>What every kind of shared state owes: each is played the same random histories.</summary>
internal static class MergeLaws
{
    /// <summary>Merging is associative, commutative and idempotent, and any order of deliveries ends in the same state.</summary>
    public static void Hold<T>(T empty, Func<T, Replicas.Step, int, T> write, Func<T, T, T> merge)
        where T : class, IEquatable<T>
    {
        Gen.Select(Replicas.History, Replicas.Deliveries, Replicas.Deliveries).Sample((history, first, second) =>
        {
            var copies = Replicas.Play(history, empty, write, merge);
            var (a, b, c) = (copies[0], copies[1], copies[2]);
            Assert.Equal(merge(merge(a, b), c), merge(a, merge(b, c)));
            Assert.Equal(merge(a, b), merge(b, a));
            Assert.Equal(a, merge(a, a));
            Assert.Equal(a, merge(a, empty));

            var all = Replicas.MergeAll(copies, first, empty, merge);
            Assert.Equal(all, Replicas.MergeAll(copies, second, empty, merge));

            // Monotone: what was merged once is there, whatever older copy comes after it.
            foreach (var copy in copies)
            {
                Assert.Equal(all, merge(all, copy));
            }
        });
    }
}
