using DChat.Core;
using DChat.Core.Envelopes;
using DChat.Core.Segments;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Storage.Azure.Segments;
using DChat.Storage.Segments;

namespace DChat.Storage.Tests.Segments.Azure;

/// <summary>How manifest and blobs of segments are written down, and what is kept of them in memory.</summary>
public sealed class ManifestTests
{
    private static readonly ShardId Shard = new(4_095);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(40)]
    public void A_manifest_is_read_as_it_was_written_and_no_flipped_bit_and_no_other_length_passes(int segments)
    {
        var manifest = Manifest(segments);
        var bytes = manifest.ToBytes();

        var read = SegmentManifest.Read(bytes)!;
        Assert.Equal(manifest with { Segments = [] }, read with { Segments = [] });
        Assert.Equal(manifest.Segments, read.Segments);
        Assert.Equal(bytes, read.ToBytes());
        Assert.Null(SegmentManifest.Read(bytes.AsSpan(1)));
        Assert.Null(SegmentManifest.Read(bytes.AsSpan(0, bytes.Length - 1)));
        Assert.Null(SegmentManifest.Read([.. bytes, 0]));
        Assert.Null(SegmentManifest.Read([]));
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Null(SegmentManifest.Read(bytes));
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Theory]
    [InlineData(SegmentManifest.MaxSegments, true)]
    [InlineData(SegmentManifest.MaxSegments + 1, false)]
    public void A_manifest_with_as_many_segments_as_a_shard_may_have_is_read_and_one_with_more_is_not(int segments, bool isRead)
    {
        var manifest = Manifest(1);

        Assert.Equal(isRead, SegmentManifest.Read((manifest with { Segments = [.. Enumerable.Repeat(manifest.Segments[0], segments)] }).ToBytes()) is not null);
    }

    [Fact]
    public void Names_are_read_only_as_they_are_written()
    {
        var blob = Manifest(1).Segments[0];
        foreach (var name in (string[])[blob.Segment, blob.Index, SegmentBlobName.HeadsOf(Shard, blob.Upload)])
        {
            Assert.StartsWith("segments/4095/0000000007-000001/", name, StringComparison.Ordinal);
            Assert.True(SegmentBlobName.TryParseUpload(name, Shard, out var upload));
            Assert.Equal(blob.Upload, upload);
            Assert.False(SegmentBlobName.TryParseUpload(name, new ShardId(409), out _));
            Assert.False(SegmentBlobName.TryParseUpload(name + "x", Shard, out _));
            Assert.False(SegmentBlobName.TryParseUpload(name.Replace("/0000000007-", "/7-", StringComparison.Ordinal), Shard, out _));
            Assert.False(Storage.Azure.Log.BlobName.TryParse(name, out _));
        }

        Assert.False(SegmentBlobName.TryParseUpload(SegmentBlobName.ManifestOf(Shard), Shard, out _));
        Assert.False(SegmentBlobName.TryParseUpload("segments/4095/notes.txt", Shard, out _));
        Assert.False(Storage.Azure.Log.BlobName.TryParse(SegmentBlobName.ManifestOf(Shard), out _));
    }

    [Fact]
    public void A_cache_keeps_up_to_its_limit_and_beyond_it_lets_go_of_what_was_not_asked_for_the_longest_time()
    {
        var cache = new BlobCache(maxBytes: 30);
        cache.Keep("a", 0, new byte[10]);
        cache.Keep("a", 10, new byte[10]);
        cache.Keep("b", 0, new byte[10]);
        Assert.Equal(30, cache.Bytes);
        Assert.NotNull(cache.Find("a", 0));

        cache.Keep("b", 10, new byte[1]);
        Assert.Equal(21, cache.Bytes);
        Assert.Null(cache.Find("a", 10));
        Assert.NotNull(cache.Find("a", 0));

        cache.Keep("c", 0, new byte[30]);
        Assert.Equal(30, cache.Bytes);
        Assert.Null(cache.Find("a", 0));

        cache.Keep("d", 0, new byte[31]);
        cache.Keep("c", 0, new byte[30]);
        Assert.Equal(30, cache.Bytes);
        Assert.Null(cache.Find("d", 0));
        Assert.Equal(30, cache.Find("c", 0)!.Value.Length);
    }

    private static SegmentManifest Manifest(int segments) => new(
        new LogId(Guid.Parse("8c5f2a60-6a0e-4a1e-9d8f-000000000001")),
        Shard,
        Guid.Parse("8c5f2a60-6a0e-4a1e-9d8f-000000000002"),
        Term: 9,
        segments == 0 ? null : new UploadName(8, 2),
        [.. Enumerable.Range(0, segments).Select(i => new SegmentBlobName(
            new SegmentName(new SegmentId(new EpochId((ulong)i * ulong.MaxValue), Shard, (RetentionClass)(1 + (i % 5))), new Bytes32([.. Enumerable.Repeat((byte)i, 32)])),
            new UploadName(7, (uint)i + 1)))]);
}
