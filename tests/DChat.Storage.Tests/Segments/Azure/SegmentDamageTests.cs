using DChat.Core;
using DChat.Core.Shards;
using DChat.Storage.Tests.Log.Azure;
using static DChat.Storage.Tests.Log.Local.TestLog;

namespace DChat.Storage.Tests.Segments.Azure;

/// <summary>Damage in the blobs of segments is told of with blob and offset, or as a hole; an account that is away is for later.</summary>
public sealed class SegmentDamageTests(AzuriteServer server)
{
    private readonly TestContainer _container = server.NewContainer();

    [Fact]
    public async Task A_blob_that_is_missing_or_cut_or_of_which_the_head_is_damaged_is_told_of_when_the_shard_is_opened()
    {
        await SealAsync();
        var names = await _container.SegmentNamesAsync();
        Assert.Equal(5, names.Count);
        await using var silo = await TestSilo.StartAsync(_container);
        foreach (var name in (string[])[.. names, TestContainer.ManifestName])
        {
            var whole = await _container.ReadAsync(name);
            await _container.DeleteAsync(name);
            await AssertCorruptAsync(silo, name, offset: 0);
            foreach (var length in (int[])[0, 1, 63, whole.Length - 1])
            {
                await _container.WriteAsync(name, whole[..length]);
                await AssertCorruptAsync(silo, name);
            }

            await _container.WriteAsync(name, [.. whole[..3], (byte)(whole[3] ^ 4), .. whole[4..]]);
            await AssertCorruptAsync(silo, name, offset: 0);
            await _container.WriteAsync(name, whole);
        }

        Assert.Equal(400, (await silo.OpenAsync()).Sealed.Count);
    }

    [Fact]
    public async Task Damage_beyond_the_head_is_told_of_at_the_offset_of_its_block_and_in_an_envelope_as_a_hole()
    {
        await SealAsync();
        var name = (await _container.SegmentNamesAsync()).First(name => name.EndsWith(".seg", StringComparison.Ordinal));
        var whole = await _container.ReadAsync(name);
        await _container.WriteAsync(name, [.. whole[..70], (byte)(whole[70] ^ 1), .. whole[71..]]);
        await using (var silo = await TestSilo.StartAsync(_container))
        {
            var shard = await silo.OpenAsync();
            var error = Assert.Throws<DChatException>(() => Enumerable.Range(0, 400).Count(i => shard.Sealed.TryFind(Entry(i), out _)));
            Assert.True(error is { Code: "segment-corrupt", IsTransient: false });
            Assert.Contains($"{name} is damaged at offset 64:", error.Message, StringComparison.Ordinal);
        }

        await _container.WriteAsync(name, [.. whole[..^200], (byte)(whole[^200] ^ 1), .. whole[^199..]]);
        await using (var silo = await TestSilo.StartAsync(_container))
        {
            var shard = await silo.OpenAsync();
            Assert.Equal(400, shard.Sealed.After(0, 400).Count);
        }

        var envelopesAt = 64 + (200 * 45);
        await _container.WriteAsync(name, [.. whole[..envelopesAt], (byte)(whole[envelopesAt] ^ 1), .. whole[(envelopesAt + 1)..]]);
        await using (var silo = await TestSilo.StartAsync(_container))
        {
            var shard = await silo.OpenAsync();
            var read = shard.Sealed.Read(shard.Sealed.After(0, 400));
            Assert.Single(read.Holes);
            Assert.Equal(399 * 30, read.Bytes.Length);
        }
    }

    [Fact]
    public async Task An_account_that_is_away_is_a_transient_error_and_is_asked_again()
    {
        await SealAsync();
        await using var silo = await TestSilo.StartAsync(_container, options => options.CacheBytes = 0);
        var shard = await silo.OpenAsync();
        var told = shard.Sealed.After(0, 400);
        silo.From(0, Trouble.RequestLost);
        var before = silo.Faults.Calls.Count;
        var error = Assert.Throws<DChatException>(() => shard.Sealed.Read(told));
        Assert.True(error is { Code: "segment-unreadable", IsTransient: true });
        Assert.Contains(".seg at offset 9064 failed: The connection was lost.", error.Message, StringComparison.Ordinal);
        Assert.Equal(4, silo.Faults.Calls.Count - before);

        // Nobody waits for as long as that.
        silo.From(0, Trouble.Answered(503, retryAfter: 10));
        before = silo.Faults.Calls.Count;
        Assert.Equal("segment-unreadable", Assert.Throws<DChatException>(() => shard.Sealed.Read(told)).Code);
        Assert.Equal(1, silo.Faults.Calls.Count - before);

        silo.At(0, Trouble.Answered(503));
        Assert.Equal(400 * 30, shard.Sealed.Read(told).Bytes.Length);
        silo.Faults.On = call => call.Path.Contains("/segments/", StringComparison.Ordinal) ? Trouble.Answered(403) : null;
        error = await Assert.ThrowsAsync<DChatException>(() => silo.OpenAsync());
        Assert.True(error is { Code: "segment-unreadable", IsTransient: true });
        Assert.Contains("manifest at offset 0 failed: HTTP status 403.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Blobs_that_are_not_of_a_sealing_are_left_alone_and_a_manifest_of_another_log_is_refused()
    {
        await SealAsync();
        await _container.WriteAsync("segments/1/notes.txt", [1]);
        await _container.WriteAsync("segments/1/0000000000-000001/notes.txt", [1]);
        await using (var silo = await TestSilo.StartAsync(_container))
        {
            await silo.OpenAsync();
            await silo.Store.CleanedAsync(TestContainer.Shard);
            Assert.Equal(7, (await _container.SegmentNamesAsync()).Count);
        }

        var stranger = server.NewContainer();
        await using var other = await TestSilo.StartAsync(stranger);
        await stranger.WriteAsync(TestContainer.ManifestName, await _container.ReadAsync(TestContainer.ManifestName));
        var error = await Assert.ThrowsAsync<DChatException>(() => other.OpenAsync());
        Assert.Equal("segment-corrupt", error.Code);
        Assert.Contains("it is not the manifest of this shard and log", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(6)]
    public async Task A_topic_goes_on_after_messages_that_were_damaged_in_the_log_before_they_were_sealed(int count)
    {
        await using var silo = await TestSilo.StartAsync(_container);
        var (shard, kept) = await silo.FillAsync();
        var ends = kept.Entries.Select((_, i) => kept.Entries.Skip(i + 1).Sum(entry => LogRecord.HeaderLength + entry.Length) + 1).TakeLast(count).ToList();
        await _container.RewriteAsync("1/0000000001-000000.log", whole =>
        {
            ends.ForEach(end => whole[^end] ^= 1);
            return whole;
        });

        for (var epoch = 1ul; epoch <= 2; epoch++)
        {
            Assert.Equal(Enumerable.Range(7 - count, count).Select(i => (ulong)i), (await shard.SealAsync(epoch)).Holes.Order());
            Assert.Equal(kept.TopicSequences[5], shard.Sealed.TopicHead(kept.Entries[5].Topic));
        }

        var next = new SyncShardMachine(new ShardView(new ShardIndex(salt: 1, after: 6), shard.Sealed));
        Assert.False(next.Ask([kept.Entries[5]]).IsDone);
        Assert.Equal(1, (await _container.SegmentNamesAsync()).Count(blob => blob.EndsWith(".topics", StringComparison.Ordinal)));
    }

    private static IndexEntry Entry(int i) => Message(1, (5 * i) + (i % 2), 30).Entry;

    // Two classes with 200 messages each.
    private async Task SealAsync()
    {
        await using var silo = await TestSilo.StartAsync(_container);
        var shard = await silo.OpenAsync();
        var messages = Enumerable.Range(0, 400).Select(i => Message(1, (5 * i) + (i % 2), 30)).ToArray();
        foreach (var chunk in messages.Chunk(200))
        {
            await shard.AppendAsync(new ShardAppend(shard.Open.Head + 1, [.. chunk.Select(m => m.Entry)], new uint[chunk.Length], chunk.SelectMany(m => m.Envelope).ToArray()));
        }

        Assert.Equal(2, (await shard.SealAsync(1)).Segments.Count);
    }

    private static async Task AssertCorruptAsync(TestSilo silo, string name, int? offset = null)
    {
        var error = await Assert.ThrowsAsync<DChatException>(() => silo.OpenAsync());
        Assert.True(error is { Code: "segment-corrupt", IsTransient: false }, error.ToString());
        Assert.Contains($"{name} is damaged at offset {offset}", error.Message, StringComparison.Ordinal);
    }
}
