using CsCheck;
using DChat.Core.Envelopes;
using DChat.Core.Segments;
using DChat.Core.Topics;

namespace DChat.Core.Tests.Segments;

public sealed class SegmentHeaderTests
{
    private static readonly SegmentHeader Sample = new(new SegmentId(new EpochId(0x0102030405060708), new ShardId(9), RetentionClass.OneYear), "dchat-dev", 4, 3, 999);

    [Fact]
    public void The_bytes_are_those_of_the_format()
    {
        var bytes = new byte[SegmentHeader.Length];
        Sample.Write(bytes);

        Assert.Equal(
            "4443484154534731" + "64636861742d646576" + new string('0', 46) + "0102030405060708" + "0009" + "04" + "04" + "00000003" + "00000000000003e7",
            Convert.ToHexStringLower(bytes));
        Assert.True(SegmentHeader.TryRead(bytes, out var read));
        Assert.Equal(Sample, read);
        Assert.Equal(64 + (3 * 45), Sample.EnvelopesAt);
        Assert.Equal(64 + (3 * 45) + 999 + (3 * 32) + 40, Sample.FileLength);
    }

    [Fact]
    public void A_header_with_any_bit_flipped_is_refused_or_is_that_of_other_values() =>
        Gen.Select(Gen.Int[0, SegmentHeader.Length - 1], Gen.Int[0, 7]).Sample((at, bit) =>
        {
            var bytes = new byte[SegmentHeader.Length];
            Sample.Write(bytes);
            bytes[at] ^= (byte)(1 << bit);
            if (SegmentHeader.TryRead(bytes, out var read))
            {
                var again = new byte[SegmentHeader.Length];
                read.Write(again);
                Assert.Equal(bytes, again);
                Assert.NotEqual(Sample, read);
            }
        });

    [Fact]
    public void Values_out_of_their_ranges_are_refused()
    {
        foreach (var bad in (SegmentHeader[])
        [
            Sample with { Count = 0 },
            Sample with { Count = SegmentHeader.MaxCount + 1, EnvelopeBytes = SegmentHeader.MaxCount + 1 },
            Sample with { EnvelopeBytes = 2 },
            Sample with { EnvelopeBytes = (3 * EnvelopeLimits.MaxBytes) + 1 },
            Sample with { ShardBits = 3 },
            Sample with { ShardBits = ShardId.MaxBits + 1 },
            Sample with { Network = "" },
            Sample with { Id = Sample.Id with { Class = 0 } },
        ])
        {
            var bytes = new byte[SegmentHeader.Length];
            bad.Write(bytes);
            Assert.False(SegmentHeader.TryRead(bytes, out _), bad.ToString());
        }

        var good = new byte[SegmentHeader.Length];
        (Sample with { Count = SegmentHeader.MaxCount, EnvelopeBytes = SegmentHeader.MaxCount }).Write(good);
        Assert.True(SegmentHeader.TryRead(good, out _));
        Assert.False(SegmentHeader.TryRead(good.AsSpan(1), out _));
    }
}
