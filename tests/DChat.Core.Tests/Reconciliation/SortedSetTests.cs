using CsCheck;
using DChat.Core.Reconciliation;

namespace DChat.Core.Tests.Reconciliation;

public sealed class SortedSetTests
{
    private const int Iterations = 60;

    [Fact]
    public void A_snapshot_tells_of_its_items_what_a_sorted_array_does() =>
        Gen.Select(SetShapes.Sets, Gen.Int).Sample(
            (items, seed) => new NaiveSet(items).AssertSame(SetShapes.Snapshot(items, seed), new Random(seed)), iter: Iterations);

    [Fact]
    public void An_index_built_at_once_is_the_same() =>
        Gen.Select(SetShapes.Sets, Gen.Int).Sample(
            (items, seed) =>
            {
                var list = new SetItemList();
                _ = items.Select(list.Add).Count();
                new NaiveSet(items).AssertSame(SetIndex.Build(list, items.Length).Snapshot(), new Random(seed));
            },
            iter: Iterations);

    [Fact]
    public void Additions_and_removals_in_any_order_show_in_later_snapshots_and_in_no_earlier_one() =>
        Gen.Select(SetShapes.Sets, Gen.Int, Gen.Int[0, 100]).Sample(
            (items, seed, percentRemoved) =>
            {
                var random = new Random(seed);
                var list = new SetItemList();
                var index = new SetIndex(list);
                SortedSet<SetItem> model = [];
                List<(SetSnapshot Snapshot, NaiveSet Expected)> taken = [];
                foreach (var item in items)
                {
                    Assert.Equal(model.Add(item), index.Add(list.Add(item)));
                    Assert.False(index.Add(list.Add(item)));
                    while (model.Count > 0 && random.Next(100) < percentRemoved)
                    {
                        var gone = items[random.Next(items.Length)];
                        Assert.Equal(model.Remove(gone), index.Remove(gone));
                    }

                    if (random.Next(items.Length) < 3)
                    {
                        taken.Add((index.Snapshot(), new NaiveSet(model)));
                    }
                }

                foreach (var item in model.Where(_ => random.Next(10) > 0).ToList())
                {
                    Assert.True(model.Remove(item) && index.Remove(item));
                }

                taken.Add((index.Snapshot(), new NaiveSet(model)));
                Assert.Equal(model.Count, index.Count);
                Assert.All(taken, each => each.Expected.AssertSame(each.Snapshot, random));
            },
            iter: Iterations);

    [Fact]
    public void A_run_of_items_that_lie_in_order_is_read_where_it_is() =>
        Gen.Select(SetShapes.Sets, Gen.Int).Sample(
            (items, seed) => new NaiveSet(items).AssertSame(new SortedRun(ListOf(items.Order()), items.Length), new Random(seed)), iter: Iterations);

    [Fact]
    public void A_run_that_is_not_in_order_is_refused()
    {
        SetItem[] items = [SetShapes.Numbered(1, 5), SetShapes.Numbered(2, 6)];

        Assert.Throws<ArgumentException>(() => new SortedRun(ListOf(items.Reverse()), 2));
        Assert.Throws<ArgumentException>(() => new SortedRun(ListOf([items[0], items[0]]), 2));
        Assert.Throws<ArgumentException>(() => new SortedRun(ListOf([items[0], new SetItem(ulong.MaxValue, default)]), 2));
        Assert.Equal(2, new SortedRun(ListOf(items), 2).Count);
    }

    [Fact]
    public void A_part_of_a_set_is_a_set() =>
        Gen.Select(SetShapes.Sets, Gen.Int).Sample(
            (items, seed) =>
            {
                var random = new Random(seed);
                SetItem[] ends = [.. items.Append(default).Append(new SetItem(ulong.MaxValue, default)).OrderBy(_ => random.Next()).Take(2).Order()];
                var part = new SubSet(SetShapes.Snapshot(items), ends[0], ends[1]);
                new NaiveSet(items.Where(item => item >= ends[0] && item < ends[1])).AssertSame(part, random);
            },
            iter: Iterations);

    [Fact]
    public void Disjoint_sets_are_read_as_one() =>
        Gen.Select(SetShapes.Sets, Gen.Int, Gen.Int[1, 12], Gen.Bool).Sample(
            (items, seed, parts, inEpochs) =>
            {
                // Interleaved at random as retention classes are, or one after the other as epochs are, with some overlap.
                var random = new Random(seed);
                var sorted = items.Order().ToArray();
                int PartOf(int i) => inEpochs ? Math.Clamp((int)((long)i * parts / items.Length) + random.Next(-1, 1), 0, parts - 1) : random.Next(parts);
                var shared = sorted.Select((item, i) => (item, Part: PartOf(i))).ToLookup(pair => pair.Part, pair => pair.item);
                var whole = new ComposedSet(Enumerable.Range(0, parts).Select(part => SetShapes.Snapshot(shared[part])));

                new NaiveSet(items).AssertSame(whole, random);
                Assert.Equal(SetDigest.Of(SetShapes.Snapshot(items)), shared.Aggregate(default(SetDigest), (sum, part) => sum + SetDigest.Of(SetShapes.Snapshot(part))));
            },
            iter: Iterations);

    [Fact]
    public void An_item_at_infinity_is_refused_and_one_right_before_is_not()
    {
        var list = new SetItemList();
        var index = new SetIndex(list);

        Assert.Throws<ArgumentException>(() => index.Add(list.Add(new SetItem(ulong.MaxValue, default))));
        Assert.True(index.Add(list.Add(new SetItem(ulong.MaxValue - 1, default))));
        Assert.Throws<ArgumentException>(() => SetIndex.Build(ListOf([default, default]), 2));
    }

    [Fact]
    public void Sets_whose_differences_are_known_have_digests_that_follow_from_each_other()
    {
        var ours = SetDigest.Of(SetShapes.Snapshot([SetShapes.Numbered(1, 1), SetShapes.Numbered(2, 2)]));
        var theirs = SetDigest.Of(SetShapes.Snapshot([SetShapes.Numbered(2, 2), SetShapes.Numbered(3, 3)]));

        Assert.Equal(theirs, ours.Without(SetShapes.Id(1)).With(SetShapes.Id(3)));
        Assert.Equal(theirs.Fingerprint, ours.Without(SetShapes.Id(1)).With(SetShapes.Id(3)).Fingerprint);
        Assert.NotEqual(theirs.Fingerprint, ours.With(SetShapes.Id(3)).Fingerprint);
        Assert.Equal(default, ours - ours);
    }

    private static SetItemList ListOf(IEnumerable<SetItem> items)
    {
        var list = new SetItemList();
        foreach (var item in items)
        {
            list.Add(item);
        }

        return list;
    }
}
