using CsCheck;
using DChat.Core.Clocks;

namespace DChat.Core.Tests.Clocks;

public sealed class LwwMapTests
{
    // Clocks that hardly move and differ, so that many writes are even in time.
    private static readonly Func<LwwMap, Replicas.Step, int, LwwMap> Write = (copy, step, at) =>
        copy.With(Name(step), Register(time: at % 3, step.From, value: step.To));

    [Fact]
    public void Merging_is_the_same_in_any_order() => MergeLaws.Hold(LwwMap.Empty, Write, (left, right) => left.Merge(right));

    [Fact]
    public void A_write_wins_over_all_that_its_writer_knows_even_with_a_clock_that_is_behind() =>
        Gen.Select(Replicas.History, Gen.Int[0, 100]).Sample((history, now) =>
        {
            var copy = Replicas.Play(history, LwwMap.Empty, Write, (left, right) => left.Merge(right))[0];
            var known = copy.Find("n0");
            var written = new LwwRegister(LwwRegister.After(new HybridTimestamp((ulong)now), known), Replicas.Device(0), new byte[] { 99 });

            // Written by the least device, so only the time lets it win.
            Assert.Equal(written, copy.With("n0", written).Find("n0"));
        });

    [Theory]
    [InlineData(2, 0, 0, 1, 4, 9)]
    [InlineData(1, 1, 0, 1, 0, 9)]
    [InlineData(1, 0, 4, 1, 0, 1)]
    public void Time_decides_then_device_then_hash(ulong time, int device, int value, ulong otherTime, int otherDevice, int otherValue)
    {
        var winner = Register((int)time, device, value);
        var loser = Register((int)otherTime, otherDevice, otherValue);

        Assert.Same(winner, LwwRegister.Later(winner, loser));
        Assert.Same(winner, LwwRegister.Later(loser, winner));
    }

    [Fact]
    public void The_last_timestamp_there_is_can_still_be_written_by_another_device()
    {
        var end = new LwwRegister(new HybridTimestamp(ulong.MaxValue), Replicas.Device(0), new byte[] { 1 });

        Assert.Equal(5ul, LwwRegister.After(new HybridTimestamp(5), end).Value);
        Assert.Equal(8ul, LwwRegister.After(new HybridTimestamp(5), Register(7, 0, 0)).Value);
        Assert.Equal(5ul, LwwRegister.After(new HybridTimestamp(5), null).Value);
    }

    private static string Name(Replicas.Step step) => $"n{step.Name}";

    private static LwwRegister Register(int time, int device, int value) =>
        new(new HybridTimestamp((ulong)time), Replicas.Device(device), new byte[] { (byte)value });
}
