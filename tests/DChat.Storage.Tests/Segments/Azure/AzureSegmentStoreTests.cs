using DChat.Core.Shards;
using DChat.Storage.Azure.Log;
using DChat.Storage.Azure.Segments;
using DChat.Storage.Tests.Log.Azure;
using DChat.Storage.Tests.Log.Local;

namespace DChat.Storage.Tests.Segments.Azure;

/// <summary>Segments in Azure Storage. Proven for the emulator alone.</summary>
public sealed class AzureSegmentStoreTests(AzuriteServer server) : SegmentStoreConformance, IAsyncDisposable
{
    private TestContainer _container = server.NewContainer();
    private readonly List<TestSilo> _silos = [];

    protected override int Runs => 2;

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in _silos)
        {
            await silo.DisposeAsync();
        }
    }

    [Fact]
    public async Task The_canonical_files_are_those_of_a_local_disk_byte_for_byte()
    {
        var messages = Enumerable.Range(0, 600).Select(i => TestLog.Message(1, i, 1 + (i % 300))).ToArray();
        var disk = new SimulatedDisk();
        await using var log = TestLog.Open(disk);
        var local = await OpenShard.OpenAsync(log, OpenShard.Store(disk, log), 1);
        var shard = await OpenAsync(isNew: true);
        foreach (var each in (OpenShard[])[local, shard])
        {
            foreach (var chunk in messages.Chunk(200))
            {
                await each.AppendAsync(new ShardAppend(each.Open.Head + 1, [.. chunk.Select(m => m.Entry)], new uint[chunk.Length], chunk.SelectMany(m => m.Envelope).ToArray()));
            }

            await each.SealAsync(7);
        }

        var files = disk.List("/data/segments/1").Where(name => name.EndsWith(".seg", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToList();
        var blobs = (await _container.SegmentNamesAsync()).Where(name => name.EndsWith(".seg", StringComparison.Ordinal)).ToList();
        Assert.Equal(5, files.Count);
        Assert.Equal(files.Select(name => "segments/1/0000000001-000001/" + name), blobs);
        for (var i = 0; i < files.Count; i++)
        {
            Assert.Equal(disk[files[i]], await _container.ReadAsync(blobs[i]));
        }
    }

    [Fact]
    public async Task A_segment_longer_than_a_piece_is_sent_in_blocks_and_read_back_whole()
    {
        var shard = await OpenAsync(isNew: true);
        const int Length = 30_000;

        // All of one class.
        var messages = Enumerable.Range(0, 150).Select(i => TestLog.Message(1, 5 * i, Length)).ToArray();
        foreach (var chunk in messages.Chunk(50))
        {
            await shard.AppendAsync(new ShardAppend(shard.Open.Head + 1, [.. chunk.Select(m => m.Entry)], new uint[50], chunk.SelectMany(m => m.Envelope).ToArray()));
        }

        Assert.Single((await shard.SealAsync(1)).Segments);

        Assert.Equal(2, _silos[^1].Faults.Calls.Count(call => call.Kind == BlobCallKind.Block));
        Assert.Equal(SegmentBlobs.PieceBytes, _silos[^1].Faults.Calls.First(call => call.Kind == BlobCallKind.Block).Body.Length);
        byte[] read = [.. shard.Sealed.After(0, 150).Chunk(50).SelectMany(page => shard.Sealed.Read(page).Bytes)];
        Assert.True(read.AsSpan().SequenceEqual(messages.SelectMany(m => m.Envelope).ToArray()));
    }

    [Fact]
    public async Task A_page_of_envelopes_is_read_with_one_request_for_each_run_and_a_row_with_one_that_serves_its_neighbours()
    {
        await (await OpenAsync(isNew: true)).AppendAsync(TestLog.Batch(1, 1, 1, [.. Enumerable.Repeat(3_000, 250)]));
        await (await OpenAsync()).SealAsync(1);
        var shard = await OpenAsync();
        var told = shard.Sealed.After(0, 250);
        var faults = _silos[^1].Faults;
        var before = faults.Calls.Count;

        Assert.Equal(250 * 3_000, shard.Sealed.Read(told).Bytes.Length);
        Assert.Equal(5, faults.Calls.Count - before);
        for (var i = 0; i < 250; i++)
        {
            Assert.True(shard.Sealed.TryFind(TestLog.Message(1, 1_000 + i, 3_000).Entry, out _));
        }

        Assert.Equal(5, faults.Calls.Count - before);
    }

    [Fact]
    public async Task What_is_kept_of_blobs_stays_within_its_limit_and_every_answer_is_the_same()
    {
        await (await OpenAsync(isNew: true)).AppendAsync(TestLog.Batch(1, 1, 1, [.. Enumerable.Repeat(2_000, 200)]));
        await (await OpenAsync()).SealAsync(1);
        const long Limit = BlobFile.PieceBytes;
        var silo = await TestSilo.StartAsync(_container, options => options.CacheBytes = Limit);
        _silos.Add(silo);
        var shard = await silo.OpenAsync();
        var random = new Random(5);
        for (var i = 0; i < 30; i++)
        {
            var message = Assert.Single(shard.Sealed.After((ulong)random.Next(200), 1));
            Assert.Equal(TestLog.Message(1, 999 + (int)message.Sequence, 2_000).Envelope, shard.Sealed.Read([message]).Bytes);
            Assert.InRange(silo.Store.Cache.Bytes, 1, Limit);
        }
    }

    [Fact]
    public async Task The_log_neither_lists_nor_counts_the_blobs_of_segments()
    {
        var shard = await OpenAsync(isNew: true);
        await shard.AppendAsync(TestLog.Batch(1, 1, 1, [10, 20]));
        await shard.SealAsync(1);

        // The newest blob of the log is never deleted, so the shard is opened anew.
        shard = await OpenAsync();
        shard.Release();
        await _silos[^1].Log.TrimmedAsync(TestContainer.Shard);

        Assert.Equal(["1/0000000002-000000.log"], await _container.NamesAsync());
        Assert.Equal(5, (await _container.SegmentNamesAsync()).Count);
        Assert.Empty(((AzureShardLog)(await StartAsync(isNew: false)).Log).Unreleased);
    }

    protected override async Task<(IShardLog Log, ISegmentStore Store)> StartAsync(bool isNew)
    {
        _container = isNew ? server.NewContainer() : _container;
        var silo = await TestSilo.StartAsync(_container);
        _silos.Add(silo);
        return (silo.Log, silo.Store);
    }
}
