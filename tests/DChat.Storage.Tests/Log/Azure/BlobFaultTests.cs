using Azure;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Storage.Azure.Log;

namespace DChat.Storage.Tests.Log.Azure;

public sealed class BlobFaultTests
{
    [Theory]
    [InlineData(503, "1", 1_000)]
    [InlineData(429, "86400", 86_400_000)]
    [InlineData(429, "4294967295", 86_400_000)]
    [InlineData(503, "-1", null)]
    [InlineData(503, "Wed, 21 Oct 2026 07:28:00 GMT", null)]
    [InlineData(503, "", null)]
    public void The_pause_that_the_service_asks_for_is_read_and_bounded(int status, string text, int? milliseconds)
    {
        var fault = BlobFault.Of(new RequestFailedException(new MadeUpResponse(status, text)));

        Assert.Equal(BlobFaultKind.Throttled, fault.Kind);
        Assert.Equal(milliseconds, (int?)fault.RetryAfter?.TotalMilliseconds);
    }

    [Fact]
    public void What_is_not_known_to_have_been_refused_is_unknown()
    {
        Assert.Equal(BlobFaultKind.Refused, BlobFault.Of(new RequestFailedException(412, "no")).Kind);
        Assert.Equal(BlobFaultKind.Refused, BlobFault.Of(new RequestFailedException(403, "no")).Kind);
        Assert.Equal(BlobFaultKind.Unknown, BlobFault.Of(new RequestFailedException(0, "gone")).Kind);
        Assert.Equal(BlobFaultKind.Unknown, BlobFault.Of(new RequestFailedException(500, "perhaps")).Kind);
        Assert.Equal(BlobFaultKind.Unknown, BlobFault.Of(new TimeoutException()).Kind);
        Assert.Equal(BlobFaultKind.Unknown, BlobFault.Of(new IOException()).Kind);
    }

    [Fact]
    public void A_mark_is_read_as_it_was_written_and_no_flipped_bit_passes()
    {
        var blob = new BlobName(new ShardId(4_095), Term: 7, Number: 3);
        foreach (var mark in new[]
        {
            new BlobMark(new LogId(Guid.Parse("8c5f2a60-6a0e-4a1e-9d8f-000000000001")), blob, Sequence: 12, Next: null),
            new BlobMark(new LogId(Guid.Parse("8c5f2a60-6a0e-4a1e-9d8f-000000000001")), blob, ulong.MaxValue, blob.NextTerm),
        })
        {
            var bytes = mark.ToBytes();
            Assert.Equal(BlobMark.Length, bytes.Length);
            Assert.Equal(mark, BlobMark.Read(bytes));
            Assert.Null(BlobMark.Read(bytes.AsSpan(1)));
            for (var bit = 0; bit < bytes.Length * 8; bit++)
            {
                bytes[bit / 8] ^= (byte)(1 << (bit % 8));
                Assert.Null(BlobMark.Read(bytes));
                bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            }
        }
    }
}
