using System.Text;
using DChat.Core;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Storage.Azure.Log;
using DChat.Storage.Tests.Log.Local;
using static DChat.Storage.Tests.Log.Local.TestLog;

namespace DChat.Storage.Tests.Log.Azure;

/// <summary>Which blobs there are, when a shard goes on in another, what release deletes, and what is taken for damage.</summary>
public sealed class BlobLayoutTests(AzuriteServer server)
{
    private readonly TestContainer _container = server.NewContainer();

    [Fact]
    public async Task Blobs_are_named_by_shard_term_and_number_and_one_takes_so_many_blocks_and_no_more()
    {
        await using var log = await _container.OpenAsync(configure: options => options.BlobBlocks = 4);
        var writer = await TestContainer.OpenShardAsync(log);
        var kept = new List<ShardAppend>();
        for (var seed = 1; seed <= 3; seed++)
        {
            kept.Add(await writer.AppendAsync(1, seed, 100));
        }

        // The beginning is the first block, and the end comes on top.
        Assert.Equal(["1/0000000001-000000.log"], await _container.NamesAsync());
        kept.Add(await writer.AppendAsync(1, seed: 4, 100));
        Assert.Equal(["1/0000000001-000000.log", "1/0000000001-000001.log"], await _container.NamesAsync());

        writer = await TestContainer.OpenShardAsync(log);
        kept.Add(await writer.AppendAsync(1, seed: 5, 100));
        Assert.Equal("1/0000000002-000000.log", (await _container.NamesAsync())[^1]);
        Assert.Equal(2ul, writer.Term);
        await writer.AssertHoldsAsync([.. kept]);
    }

    [Fact]
    public async Task A_blob_takes_batches_up_to_its_size_and_goes_over_it_with_none()
    {
        await using var log = await _container.OpenAsync();
        var writer = await TestContainer.OpenShardAsync(log);
        const int Length = 30_000;
        var room = AzureShardLogOptions.MinBlobBytes - BlobMark.Length - (2 * 64 * (LogRecord.HeaderLength + Length));
        int[] lengths = [.. Enumerable.Repeat(Length, 64)];
        var kept = new List<ShardAppend> { await writer.AppendAsync(1, seed: 1, lengths), await writer.AppendAsync(1, seed: 2, lengths) };
        int[] rest = [.. Enumerable.Repeat(Length, (int)(room / (LogRecord.HeaderLength + Length)))];
        var last = (int)room - (rest.Length * (LogRecord.HeaderLength + Length)) - LogRecord.HeaderLength;
        kept.Add(await writer.AppendAsync(1, seed: 3, [.. rest, last]));

        Assert.Single(await _container.NamesAsync());
        Assert.Equal(AzureShardLogOptions.MinBlobBytes, (await _container.ReadAsync("1/0000000001-000000.log")).LongLength);
        kept.Add(await writer.AppendAsync(1, seed: 4, 1));
        Assert.Equal(2, (await _container.NamesAsync()).Count);
        await writer.AssertHoldsAsync([.. kept]);
    }

    [Fact]
    public async Task Release_deletes_the_blobs_whose_messages_are_all_released_and_never_the_newest_and_a_later_start_knows()
    {
        await using var log = await _container.OpenAsync(configure: options => options.BlobBlocks = 3);
        var writer = await TestContainer.OpenShardAsync(log);
        for (var seed = 1; seed <= 5; seed++)
        {
            await writer.AppendAsync(1, seed, 100, 50);
        }

        Assert.Equal([TestContainer.Shard], log.Unreleased);
        await ReleaseAsync(3);
        Assert.Equal(3, (await _container.NamesAsync()).Count);
        await ReleaseAsync(4);
        Assert.Equal(["1/0000000001-000001.log", "1/0000000001-000002.log"], await _container.NamesAsync());
        Assert.Equal([1ul, 4ul], (await writer.ReadAsync(writer.Index.Snapshot(), new ulong[] { 1, 4, 5 }, Token)).Holes);

        await ReleaseAsync(10);
        Assert.Equal(["1/0000000001-000002.log"], await _container.NamesAsync());
        Assert.Empty(log.Unreleased);

        await using var later = await _container.OpenAsync();
        Assert.Equal([TestContainer.Shard], later.Unreleased);
        var told = new List<ulong>();
        var reopened = await later.OpenAsync(TestContainer.Shard, Token);
        await reopened.ReplayAsync((in IndexEntry _, ulong sequence, uint _, ulong _) => told.Add(sequence), Token);
        Assert.Equal([9ul, 10ul], told);
        Assert.Equal(10ul, reopened.Head);
        reopened.Release(10);
        await later.TrimmedAsync(TestContainer.Shard);
        Assert.Equal(["1/0000000002-000000.log"], await _container.NamesAsync());

        await using var last = await _container.OpenAsync();
        Assert.Empty(last.Unreleased);
        Assert.Equal(10ul, (await last.OpenAsync(TestContainer.Shard, Token)).Head);

        async Task ReleaseAsync(ulong through)
        {
            writer.Release(through);
            await log.TrimmedAsync(TestContainer.Shard);
        }
    }

    [Fact]
    public async Task A_blob_that_cannot_be_deleted_keeps_those_after_it_and_is_tried_again()
    {
        var faults = new FaultPolicy();
        await using var log = await _container.OpenAsync(faults, options => options.BlobBlocks = 2);
        var writer = await TestContainer.OpenShardAsync(log);
        for (var seed = 1; seed <= 3; seed++)
        {
            await writer.AppendAsync(1, seed, 100);
        }

        faults.On = call => call.Kind == BlobCallKind.Delete ? Trouble.Answered(500) : null;
        writer.Release(3);
        await log.TrimmedAsync(TestContainer.Shard);
        Assert.Equal(3, (await _container.NamesAsync()).Count);

        faults.On = _ => null;
        writer.Release(3);
        await log.TrimmedAsync(TestContainer.Shard);
        Assert.Single(await _container.NamesAsync());
    }

    [Fact]
    public async Task A_missing_blob_between_others_and_one_that_was_shortened_are_damage()
    {
        await FillAsync();
        var names = await _container.NamesAsync();
        var middle = await _container.ReadAsync(names[1]);
        await _container.DeleteAsync(names[1]);
        var gap = await AssertCorruptAsync();
        Assert.Contains($"{names[2]} is damaged at offset 0: it goes on with sequence 3, but the blobs before it end with 1", gap.Message, StringComparison.Ordinal);

        await _container.RewriteAsync(names[2], bytes => bytes[..^1]);
        var shortened = await AssertCorruptAsync();
        Assert.Contains(names[2], shortened.Message, StringComparison.Ordinal);
        Assert.NotEmpty(middle);
    }

    [Theory]
    [InlineData(10, 0)]
    [InlineData(BlobMark.Length + 2, BlobMark.Length)]
    [InlineData(BlobMark.Length + 90, BlobMark.Length)]
    [InlineData(BlobMark.Length + 200, BlobMark.Length + 173)]
    public async Task A_flipped_bit_is_damage_of_the_blob_at_the_offset_of_its_record(int at, int offset)
    {
        await using (var log = await _container.OpenAsync())
        {
            await (await TestContainer.OpenShardAsync(log)).AppendAsync(1, seed: 1, 100, 100);
        }

        var name = Assert.Single(await _container.NamesAsync());
        await _container.RewriteAsync(name, bytes =>
        {
            bytes[at] ^= 0x10;
            return bytes;
        });

        Assert.Contains($"{name} is damaged at offset {offset}:", (await AssertCorruptAsync()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_blob_of_another_shard_is_damage()
    {
        await FillAsync();
        var bytes = await _container.ReadAsync((await _container.NamesAsync())[0]);
        await _container.Client.GetBlobClient("2/0000000001-000000.log").UploadAsync(new MemoryStream(bytes), Token);

        await using var log = await _container.OpenAsync();
        var error = await Assert.ThrowsAsync<DChatException>(async () => await log.OpenAsync(new ShardId(2), Token));

        Assert.Equal("log-corrupt", error.Code);
        Assert.Contains("it was written for 1/0000000001-000000.log", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Blobs_that_are_not_of_the_log_are_left_alone()
    {
        await FillAsync();
        await _container.Client.GetBlobClient("1/notes.txt").UploadAsync(new MemoryStream(Encoding.UTF8.GetBytes("mine")), Token);
        await _container.Client.GetBlobClient("1/1-1.log").UploadAsync(new MemoryStream(Encoding.UTF8.GetBytes("mine")), Token);

        await using var log = await _container.OpenAsync();
        Assert.Equal(3ul, (await TestContainer.OpenShardAsync(log)).Index.Head);
    }

    [Theory]
    [InlineData("1/0000000001-000000.log", true)]
    [InlineData("4095/9999999999-999999.log", true)]
    [InlineData("1/18446744073709551615-4294967295.log", true)]
    [InlineData("1/18446744073709551616-000000.log", false)]
    [InlineData("01/0000000001-000000.log", false)]
    [InlineData("1/1-0.log", false)]
    [InlineData("1/0000000001-000000.txt", false)]
    [InlineData("1/0000000001.log", false)]
    [InlineData("-/.log", false)]
    [InlineData("log.json", false)]
    public void A_name_is_read_only_as_it_is_written(string text, bool isName)
    {
        Assert.Equal(isName, BlobName.TryParse(text, out var name));
        Assert.True(!isName || name.ToString() == text);
    }

    // Three blobs with a message each.
    private async Task FillAsync()
    {
        await using var log = await _container.OpenAsync(configure: options => options.BlobBlocks = 2);
        var writer = await TestContainer.OpenShardAsync(log);
        for (var seed = 1; seed <= 3; seed++)
        {
            await writer.AppendAsync(1, seed, 100);
        }
    }

    private async Task<DChatException> AssertCorruptAsync()
    {
        await using var log = await _container.OpenAsync();
        var error = await Assert.ThrowsAsync<DChatException>(async () => await TestContainer.OpenShardAsync(log));
        Assert.Equal("log-corrupt", error.Code);
        return error;
    }
}
