using System.Security.Cryptography;
using CsCheck;
using DChat.Core.Merkle;

namespace DChat.Core.Tests.Merkle;

public sealed class BatchSha256Tests
{
    private static readonly int[] CountsAroundLanes = [0, 1, 2, 7, 8, 9, 15, 16, 17, 23, 24, 25, 31, 32, 33, 47, 48, 49];

    public static TheoryData<int> Widths => [(int)BatchWidth.One, (int)BatchWidth.Eight, (int)BatchWidth.Sixteen];

    [Theory]
    [MemberData(nameof(Widths))]
    public void Every_width_hashes_as_the_platform_does_at_every_length(int width)
    {
        var random = new Random(1);
        for (var length = 0; length <= 200; length++)
        {
            var records = new byte[33 * length];
            random.NextBytes(records);
            AssertHashes((BatchWidth)width, (byte)length, records, length, 33);
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Every_width_hashes_any_records_as_the_platform_does(int width) =>
        Gen.Select(Gen.Byte, Gen.Int[0, 200], Gen.OneOf([.. CountsAroundLanes.Select(Gen.Const)]))
            .SelectMany(
                shape => Gen.Byte.Array[shape.Item2 * shape.Item3],
                (shape, records) => (Prefix: shape.Item1, Length: shape.Item2, Count: shape.Item3, Records: records))
            .Sample(each => AssertHashes((BatchWidth)width, each.Prefix, each.Records, each.Length, each.Count));

    [Theory]
    [MemberData(nameof(Widths))]
    public void Long_records_are_hashed_up_to_the_limit_and_not_beyond(int width)
    {
        var records = new byte[17 * BatchSha256.MaxRecordLength];
        new Random(2).NextBytes(records);
        AssertHashes((BatchWidth)width, 0, records, BatchSha256.MaxRecordLength, 17);

        Assert.Throws<ArgumentOutOfRangeException>(
            () => BatchSha256.Hash((BatchWidth)width, 0, new byte[BatchSha256.MaxRecordLength + 1], BatchSha256.MaxRecordLength + 1, new byte[32]));
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Hashes_may_take_the_place_of_the_records(int width)
    {
        var records = new byte[64 * 100];
        new Random(3).NextBytes(records);
        var apart = new byte[32 * 100];
        BatchSha256.Hash((BatchWidth)width, 1, records, 64, apart);

        BatchSha256.Hash((BatchWidth)width, 1, records, 64, records.AsSpan(0, apart.Length));

        Assert.Equal(apart, records[..apart.Length]);
    }

    [Theory]
    [InlineData(45, 90, 96)]
    [InlineData(45, 90, 32)]
    [InlineData(45, 91, 64)]
    [InlineData(45, 45, 31)]
    [InlineData(-1, 0, 0)]
    [InlineData(0, 1, 32)]
    public void Lengths_that_do_not_fit_are_refused(int recordLength, int records, int hashes) =>
        Assert.ThrowsAny<ArgumentException>(() => BatchSha256.Hash(0, new byte[records], recordLength, new byte[hashes]));

    private static void AssertHashes(BatchWidth width, byte prefix, byte[] records, int length, int count)
    {
        var hashes = new byte[32 * count];
        BatchSha256.Hash(width, prefix, records, length, hashes);
        for (var i = 0; i < count; i++)
        {
            byte[] message = [prefix, .. records.AsSpan(i * length, length)];
            Assert.Equal(SHA256.HashData(message), hashes[(i * 32)..((i + 1) * 32)]);
        }
    }
}
