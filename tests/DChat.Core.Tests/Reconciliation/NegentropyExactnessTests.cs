using CsCheck;
using DChat.Core.Reconciliation;

namespace DChat.Core.Tests.Reconciliation;

/// <summary>What a session finds is the difference of the sets, without tolerance.</summary>
public sealed class NegentropyExactnessTests
{
    private const int Iterations = 150;
    private const int Shared = 20_000;
    private const int Tail = 3_000;

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
    /// How the reference ends too early: the last range that a peer asks about no longer fits into the frame. The reference goes on behind
    /// it, where nothing is left, and the responder, who has nothing there either, takes that for equal.
    /// </summary>
    [Theory]
    [InlineData(true, true, 0)]
    [InlineData(false, false, Tail)]
    [InlineData(true, false, Tail)]
    [InlineData(false, true, Tail)]
    public void A_range_that_a_full_frame_drops_is_told_again(bool isLeftReference, bool isRightReference, int haves)
    {
        var items = Enumerable.Range(0, Shared + Tail).Select(i => SetShapes.Numbered(i, (ulong)i)).ToArray();
        var found = new Differences();
        var initiator = new NegentropyInitiator(SetShapes.Snapshot(items), Options(4_300) with { ReferenceBytes = isLeftReference }, found);
        var responder = new NegentropyResponder(SetShapes.Snapshot(items[..Shared]), Options(0) with { ReferenceBytes = isRightReference });

        // Thirteen ranges up to where the responder's items end fill the frame; the fourteenth, with all that it lacks, does not fit.
        var asked = new NegentropyWriter();
        asked.Begin();
        for (var i = 1; i <= 13; i++)
        {
            asked.WriteFingerprint(SetBound.FromTimestamp((ulong)(i * Shared / 13)), default);
        }

        asked.WriteFingerprint(SetBound.Infinity, default);
        initiator.Initiate();
        Assert.True(initiator.TryContinue(asked.Message.Span, out var message));
        while (initiator.TryContinue(responder.Answer(message.Span).Span, out message))
        {
        }

        Assert.Equal(haves, found.Haves.Count);
        Assert.Empty(found.Needs);
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
