using CsCheck;
using DChat.Core.Clocks;

namespace DChat.Core.Tests.Clocks;

public sealed class DvvSetTests
{
    private static readonly Func<DvvSet, Replicas.Step, int, DvvSet> Write = (copy, step, at) =>
        copy.Write(Replicas.Device(step.From), copy.Context, new[] { (byte)at });

    [Fact]
    public void Merging_is_the_same_in_any_order() => MergeLaws.Hold(DvvSet.Empty, Write, (left, right) => left.Merge(right));

    [Fact]
    public void Merging_is_the_same_in_any_order_with_writers_that_have_not_read_all_or_clear() => MergeLaws.Hold(
        DvvSet.Empty,
        (copy, step, at) => step.Name switch
        {
            0 => copy.Write(Replicas.Device(step.From), VersionVector.Empty, new[] { (byte)at }),
            1 => copy.Clear(copy.Context),
            _ => Write(copy, step, at),
        },
        (left, right) => left.Merge(right));

    [Fact]
    public void Devices_that_forgot_their_own_writes_end_up_equal_too() => Gen.Select(Replicas.History, Replicas.History, Replicas.Deliveries)
        .Sample((history, again, order) =>
        {
            // The same devices start over: numbers are given twice.
            DvvSet[] copies =
            [
                .. Replicas.Play(history, DvvSet.Empty, Write, (left, right) => left.Merge(right)),
                .. Replicas.Play(again, DvvSet.Empty, (copy, step, at) => Write(copy, step, at + 100), (left, right) => left.Merge(right)),
            ];
            var reversed = copies.Reverse().ToArray();

            Assert.Equal(
                Replicas.MergeAll(copies, order, DvvSet.Empty, (left, right) => left.Merge(right)),
                Replicas.MergeAll(reversed, order, DvvSet.Empty, (left, right) => left.Merge(right)));
        });

    [Fact]
    public void What_nobody_replaced_is_kept_and_nothing_else() => Replicas.History.Sample(history =>
    {
        // The model: every write knows which writes its writer had seen; what no write has seen stays.
        List<(byte Value, HashSet<byte> Seen)> writes = [];
        var known = Enumerable.Range(0, Replicas.Count).Select(_ => new HashSet<byte>()).ToArray();
        for (var at = 0; at < history.Length; at++)
        {
            var step = history[at];
            if (step.IsWrite)
            {
                writes.Add(((byte)at, [.. known[step.From]]));
                known[step.From].Add((byte)at);
            }
            else
            {
                known[step.To].UnionWith(known[step.From]);
            }
        }

        var copies = Replicas.Play(history, DvvSet.Empty, Write, (left, right) => left.Merge(right));
        var all = Replicas.MergeAll(copies, [], DvvSet.Empty, (left, right) => left.Merge(right));

        Assert.Equal(
            writes.Where(write => !writes.Exists(other => other.Seen.Contains(write.Value))).Select(write => write.Value).Order(),
            all.Values.Select(value => value.Span[0]).Order());
    });

    [Fact]
    public void Values_written_without_knowing_of_each_other_stay_until_somebody_who_has_seen_both_writes()
    {
        var a = DvvSet.Empty.Write(Replicas.Device(0), VersionVector.Empty, "a"u8.ToArray());
        var b = DvvSet.Empty.Write(Replicas.Device(1), VersionVector.Empty, "b"u8.ToArray());
        var both = a.Merge(b);

        Assert.Equal(["a", "b"], Texts(both));
        var settled = both.Write(Replicas.Device(1), both.Context, "c"u8.ToArray());
        Assert.Equal(["c"], Texts(settled));
        Assert.Equal(["c"], Texts(settled.Merge(a).Merge(b)));
        Assert.Equal([], Texts(settled.Clear(settled.Context).Merge(both)));
    }

    [Fact]
    public void An_entry_with_more_values_than_were_written_is_none()
    {
        Assert.Null(DvvEntry.TryCreate(1, [new byte[1], new byte[1]]));
        Assert.NotNull(DvvEntry.TryCreate(2, [new byte[1], new byte[1]]));
    }

    private static string[] Texts(DvvSet set) => [.. set.Values.Select(value => System.Text.Encoding.UTF8.GetString(value.Span))];
}
