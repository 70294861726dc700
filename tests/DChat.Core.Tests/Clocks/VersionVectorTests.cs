using DChat.Core.Clocks;

namespace DChat.Core.Tests.Clocks;

public sealed class VersionVectorTests
{
    [Fact]
    public void Merging_is_the_same_in_any_order() => MergeLaws.Hold(
        VersionVector.Empty,
        (copy, step, _) => copy.With(Replicas.Device(step.From), copy[Replicas.Device(step.From)] + 1),
        (left, right) => left.Merge(right));

    [Fact]
    public void A_count_never_falls()
    {
        var seen = VersionVector.Empty.With(Replicas.Device(0), 5).With(Replicas.Device(0), 3);

        Assert.Equal(5ul, seen[Replicas.Device(0)]);
        Assert.Equal(0ul, seen[Replicas.Device(1)]);
    }

    [Fact]
    public void Vectors_of_which_neither_covers_the_other_are_concurrent()
    {
        var a = VersionVector.Empty.With(Replicas.Device(0), 2);
        var b = VersionVector.Empty.With(Replicas.Device(1), 1);

        Assert.False(a.Covers(b));
        Assert.False(b.Covers(a));
        Assert.True(a.Merge(b).Covers(a));
        Assert.True(a.Merge(b).Covers(b));
        Assert.True(a.Covers(VersionVector.Empty));
    }
}
