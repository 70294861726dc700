using CsCheck;
using DChat.Core.Reconciliation;

namespace DChat.Core.Tests.Reconciliation;

public sealed class NegentropyHostileTests
{
    private static readonly SetSnapshot Set = SetShapes.Snapshot(Enumerable.Range(0, 500).Select(i => SetShapes.Numbered(i, (ulong)i)));

    private static readonly NegentropyOptions Options = new() { Salt = 3 };

    [Theory]
    [InlineData("", "nothing")]
    [InlineData("5f", "no version")]
    [InlineData("70", "no version")]
    [InlineData("61ff", "a varint that is cut off")]
    [InlineData("6180", "a varint that is cut off")]
    [InlineData("6180000000", "a varint with a zero in front")]
    [InlineData("61ffffffffffffffffffff7f0000", "a varint of 11 bytes")]
    [InlineData("6182808080808080808000" + "0000", "a varint of more than 64 bits")]
    [InlineData("6100", "a bound without a prefix length")]
    [InlineData("610021" + "000000000000000000000000000000000000000000000000000000000000000000" + "00", "a prefix of 33 bytes")]
    [InlineData("61000500", "a prefix that is cut off")]
    [InlineData("610000", "a range without a mode")]
    [InlineData("61000003", "an unknown mode")]
    [InlineData("610000" + "81808080808080808001", "an unknown mode of 64 bits")]
    [InlineData("61000001" + "00112233445566778899aabbccddee", "a fingerprint of 15 bytes")]
    [InlineData("6100000290808080808080808000", "2^60 ids")]
    [InlineData("6100000201" + "00112233", "an id that is cut off")]
    [InlineData("610501ff00" + "0101fe00", "bounds that descend")]
    [InlineData("61000200010000" + "00000000", "bounds that descend at infinity")]
    [InlineData("610000020000", "bytes behind the last range")]
    public void What_is_not_of_the_protocol_is_one_fault_in_both_roles(string message, string what)
    {
        var bytes = Convert.FromHexString(message);
        var initiator = new NegentropyInitiator(Set, Options, new Differences());
        initiator.Initiate();

        var fault = Assert.Throws<DChatException>(() => new NegentropyResponder(Set, Options).Answer(bytes));
        Assert.True(fault is { Code: ReconciliationFaults.InvalidCode, IsTransient: false }, what);
        Assert.Equal(ReconciliationFaults.InvalidCode, Assert.Throws<DChatException>(() => initiator.TryContinue(bytes, out _)).Code);
        Assert.Throws<InvalidOperationException>(() => initiator.TryContinue([0x61], out _));
    }

    [Fact]
    public void An_initiator_refuses_another_version()
    {
        var initiator = new NegentropyInitiator(Set, Options, new Differences());
        initiator.Initiate();

        Assert.Equal(ReconciliationFaults.VersionCode, Assert.Throws<DChatException>(() => initiator.TryContinue([0x62], out _)).Code);
    }

    [Fact]
    public void Bounds_that_are_equal_and_timestamps_that_overflow_are_read_as_the_reference_reads_them()
    {
        var responder = new NegentropyResponder(Set, Options);

        Assert.Equal("61", Convert.ToHexStringLower(responder.Answer([0x61, 5, 0, 0, 1, 0, 0]).Span));
        var overflow = new byte[] { 0x61, 5, 0, 0, 0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0, 2, 0 };
        var answer = responder.Answer(overflow);
        Assert.Equal(0x61, answer.Span[0]);
        Assert.True(answer.Length > 496 * 32);
    }

    [Fact]
    public void Rounds_bytes_and_differences_have_limits()
    {
        var limited = new NegentropyResponder(Set, Options with { MaxRounds = 2 });
        limited.Answer([0x61]);
        limited.Answer([0x61]);
        AssertLimited(() => limited.Answer([0x61]));

        var justEnough = new NegentropyResponder(Set, Options with { MaxBytes = 5 + 6 + (500 * 32) });
        Assert.Equal(6 + (500 * 32), justEnough.Answer([0x61, 0, 0, 2, 0]).Length);
        AssertLimited(() => new NegentropyResponder(Set, Options with { MaxBytes = 4 + 6 + (500 * 32) }).Answer([0x61, 0, 0, 2, 0]));
        AssertLimited(() => new NegentropyResponder(Set, Options with { MaxBytes = 400 }).Answer([0x61, 0, 0, 2, 0]));

        byte[] twoIds = [0x61, 0, 0, 2, 2, .. SetShapes.Id(1_000).ToArray(), .. SetShapes.Id(1_001).ToArray()];
        bool Continue(int maxDifferences)
        {
            var initiator = new NegentropyInitiator(SetShapes.Snapshot([]), Options with { MaxDifferences = maxDifferences }, new Differences());
            initiator.Initiate();
            return initiator.TryContinue(twoIds, out _);
        }

        Assert.False(Continue(2));
        AssertLimited(() => Continue(1));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    [InlineData(NegentropyOptions.MinFrameLimit - 1)]
    public void A_frame_limit_is_none_or_at_least_4096(int limit) =>
        Assert.Throws<ArgumentException>(() => new NegentropyResponder(Set, Options with { FrameLimit = limit }));

    [Fact]
    public void An_id_that_a_list_has_twice_is_needed_once()
    {
        var found = new Differences();
        var initiator = new NegentropyInitiator(Set, Options, found);
        initiator.Initiate();

        initiator.TryContinue([0x61, 0, 0, 2, 2, .. SetShapes.Id(1_000).ToArray(), .. SetShapes.Id(1_000).ToArray()], out _);

        Assert.Equal([SetShapes.Id(1_000)], found.Needs);
        Assert.Equal(500, found.Haves.Count);
    }

    [Fact]
    public void Any_bytes_end_in_an_answer_or_in_a_typed_fault_and_cost_memory_in_proportion()
    {
        var good = new NegentropyInitiator(Set, Options, new Differences()).Initiate().ToArray();
        var mutations = Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte).Array[1, 4].Select(changes =>
        {
            var bytes = good.ToArray();
            foreach (var (at, value) in changes)
            {
                bytes[at] = value;
            }

            return bytes;
        });
        Gen.Select(Gen.OneOf(mutations, Gen.Byte.Array[0, 400].Select(rest => (byte[])[0x61, .. rest])), Gen.OneOf(Gen.Const(0), Gen.Const(4_096))).Sample(
            (bytes, limit) =>
            {
                var before = GC.GetAllocatedBytesForCurrentThread();
                var options = Options with { FrameLimit = limit };
                var initiator = new NegentropyInitiator(Set, options, new Differences());
                initiator.Initiate();
                Tolerate(() => new NegentropyResponder(Set, options).Answer(bytes));
                Tolerate(() => initiator.TryContinue(bytes, out _));
                Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2_000_000);
            },
            iter: 1_000);
    }

    private static void Tolerate(Action act)
    {
        try
        {
            act();
        }
        catch (DChatException fault)
        {
            Assert.Equal(ReconciliationFaults.InvalidCode, fault.Code);
        }
    }

    private static void AssertLimited(Func<object> act) => Assert.Equal(ReconciliationFaults.LimitCode, Assert.Throws<DChatException>(act).Code);
}
