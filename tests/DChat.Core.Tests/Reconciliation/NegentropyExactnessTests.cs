using CsCheck;
using DChat.Core.Reconciliation;

namespace DChat.Core.Tests.Reconciliation;

/// <summary>What a session finds is the difference of the sets, without tolerance.</summary>
public sealed class NegentropyExactnessTests
{
    private const int Iterations = 150;

    private static readonly Gen<int> FrameLimits = Gen.OneOf(Gen.Const(0), Gen.Const(NegentropyOptions.MinFrameLimit), Gen.Int[4_097, 9_000]);

    [Fact]
    public void Two_sets_of_any_shape_and_frames_of_any_limit_give_exactly_the_difference() =>
        Gen.Select(SetShapes.Pairs, FrameLimits, FrameLimits).Sample(
            (sets, left, right) => AssertExact(sets.Left, sets.Right, Options(left), Options(right)), iter: Iterations);

    [Fact]
    public void So_they_do_when_one_side_is_the_reference_in_either_role() =>
        Gen.Select(SetShapes.Pairs, FrameLimits, FrameLimits, Gen.Bool).Sample(
            (sets, left, right, isLeft) => AssertExact(
                sets.Left, sets.Right, Options(left) with { ReferenceBytes = isLeft }, Options(right) with { ReferenceBytes = !isLeft }),
            iter: Iterations);

    [Fact]
    public void So_do_sets_that_are_composed_and_parts_of_sets() =>
        Gen.Select(SetShapes.Pairs, Gen.Int, FrameLimits).Sample(
            (sets, seed, limit) =>
            {
                var random = new Random(seed);
                var parts = sets.Left.ToLookup(_ => random.Next(5));
                var left = new ComposedSet(parts.Select(part => SetShapes.Snapshot(part)));
                AssertExact(left, SetShapes.Snapshot(sets.Right), sets.Left, sets.Right, Options(limit), Options(limit));

                var (from, to) = (new SetItem(2, default), new SetItem(2_000, default));
                bool IsWithin(SetItem item) => item >= from && item < to;
                AssertExact(
                    new SubSet(left, from, to), new SubSet(SetShapes.Snapshot(sets.Right), from, to), sets.Left.Where(IsWithin), sets.Right.Where(IsWithin), Options(limit), Options(0));
            },
            iter: Iterations / 3);

    /// <summary>
    /// The session that the reference ends too early: it drops a range of its own from a full frame and goes on behind it, and what is
    /// left then is the same on both sides.
    /// </summary>
    [Fact]
    public void A_range_that_a_full_frame_drops_is_told_again()
    {
        var (left, right) = Hole();
        var (first, second) = (Options(4_459), Options(4_821));

        var reference = NegentropyRun.Run(SetShapes.Snapshot(left), SetShapes.Snapshot(right), first with { ReferenceBytes = true }, second with { ReferenceBytes = true });
        Assert.NotEqual(left.Except(right).ToHashSet(), reference.Found.Haves);

        AssertExact(left, right, first, second);
        AssertExact(left, right, first with { ReferenceBytes = true }, second);
        AssertExact(left, right, first, second with { ReferenceBytes = true });
    }

    private static (SetItem[] Left, SetItem[] Right) Hole()
    {
        for (var seed = 0; ; seed++)
        {
            var random = new Random(seed);
            var all = Enumerable.Range(0, 23_000).Select(i => SetShapes.Numbered(i, (ulong)i)).ToArray();
            SetItem[] left = [.. all[..20_000]], right = [.. all.Where((_, i) => i < 17_000 || i >= 20_000)];
            var options = Options(0) with { ReferenceBytes = true };
            var run = NegentropyRun.Run(SetShapes.Snapshot(left), SetShapes.Snapshot(right), options with { FrameLimit = 4_459 }, options with { FrameLimit = 4_821 });
            if (run.Found.Haves.Count != 3_000 || random.Next() < 0)
            {
                return (left, right);
            }
        }
    }

    private static NegentropyOptions Options(int frameLimit) => new() { FrameLimit = frameLimit, Salt = 5 };

    private static void AssertExact(SetItem[] left, SetItem[] right, NegentropyOptions leftOptions, NegentropyOptions rightOptions) =>
        AssertExact(SetShapes.Snapshot(left), SetShapes.Snapshot(right), left, right, leftOptions, rightOptions);

    private static void AssertExact(
        ISortedSet left, ISortedSet right, IEnumerable<SetItem> leftItems, IEnumerable<SetItem> rightItems, NegentropyOptions leftOptions, NegentropyOptions rightOptions)
    {
        var found = NegentropyRun.Run(left, right, leftOptions, rightOptions).Found;
        Assert.Equal(leftItems.Except(rightItems).ToHashSet(), found.Haves);
        Assert.Equal(rightItems.Except(leftItems).Select(item => item.Id).ToHashSet(), found.Needs);
    }
}
