using CsCheck;
using DChat.Core.Merkle;
using DChat.Core.Segments;
using DChat.Core.Shards;
using static DChat.Storage.Tests.Log.Local.TestLog;

namespace DChat.Storage.Tests.Segments;

/// <summary>What a sealed segment holds, and how it is found there again.</summary>
public sealed class SegmentTests
{
    [Fact]
    public async Task Two_relays_write_the_same_bytes_for_the_same_list_whatever_the_order_of_arrival() =>
        await Gen.Select(Gen.Int[1, 700], Gen.Int).SampleAsync(async (count, seed) =>
        {
            var random = new Random(seed);
            var messages = Enumerable.Range(0, count).Select(i => Message(1, i, random.Next(1, 300))).ToArray();
            var first = await SealAsync(messages);
            random.Shuffle(messages);
            var second = await SealAsync(messages);

            Assert.Equal(first.Keys, second.Keys);
            foreach (var (name, bytes) in first)
            {
                Assert.Equal(bytes, second[name]);
            }
        }, iter: 6);

    [Fact]
    public async Task The_file_is_what_its_header_says_and_every_leaf_can_be_proven_against_the_root_in_its_name()
    {
        var messages = Enumerable.Range(0, 1_000).Select(i => Message(1, i, 1 + (i % 50))).ToArray();
        var files = await SealAsync(messages);

        Assert.Equal(5, files.Count);
        foreach (var (name, bytes) in files)
        {
            Assert.True(SegmentHeader.TryRead(bytes, out var header));
            Assert.Equal("test", header.Network);
            Assert.Equal(header.FileLength, bytes.Length);
            Assert.True(SegmentHeader.TryReadTrailer(bytes.AsSpan((int)header.TrailerAt), out var root));
            Assert.EndsWith(root + ".seg", name, StringComparison.Ordinal);
            var expected = messages.Where(message => message.Entry.Class == header.Id.Class)
                .OrderBy(message => message.Entry.Hlc).ThenBy(message => message.Entry.Id).ToArray();
            Assert.Equal(expected.SelectMany(message => message.Envelope), bytes[(int)header.EnvelopesAt..(int)header.TilesAt]);
            var prover = new TreeProver(new TreeTiles((ulong)header.Count, bytes.AsMemory((int)header.TilesAt, (int)(header.TrailerAt - header.TilesAt))), (ulong)header.Count);
            for (var i = 0; i < header.Count; i++)
            {
                var leaf = bytes.AsSpan((int)SegmentHeader.LeavesAt + (i * SegmentLeaf.Length), SegmentLeaf.Length);
                var entry = expected[i].Entry;
                Assert.Equal(new SegmentLeaf(entry.Id, entry.Hlc, entry.Class, (uint)entry.Length), SegmentLeaf.Read(leaf));
                Assert.True(prover.TryProveInclusion((ulong)i, out var path, out _));
                Assert.True(MerkleProof.VerifyInclusion(MerkleHash.HashLeaf(leaf), (ulong)i, (ulong)header.Count, path, root));
            }
        }
    }

    [Fact]
    public async Task Messages_of_one_timestamp_over_many_blocks_are_all_found()
    {
        var messages = Enumerable.Range(0, 2_000).Select(i => Message(1, 5 * i, 3)).ToArray();
        for (var i = 0; i < messages.Length; i++)
        {
            messages[i].Entry = messages[i].Entry with { Hlc = new(7) };
        }

        var disk = new SimulatedDisk();
        await using var log = Open(disk);
        var shard = await AppendAsync(log, disk, messages);
        await shard.SealAsync(1);

        Assert.All(messages, message => Assert.True(shard.Sealed.TryFind(message.Entry, out _)));
        Assert.Equal(2_000, shard.Sealed.After(0, int.MaxValue).Count);
    }

    [Fact]
    public async Task A_writer_that_was_fenced_seals_nothing()
    {
        var disk = new SimulatedDisk();
        await using var log = Open(disk);
        var store = OpenShard.Store(disk, log);
        var stale = await OpenShard.OpenAsync(log, store, 1);
        await stale.AppendAsync(Batch(1, 1, 1, [10, 20]));
        var next = await OpenShard.OpenAsync(log, store, 1);

        Assert.Empty((await stale.SealAsync(1)).Segments);
        Assert.Empty(disk.List("/data/segments/1"));
        Assert.Equal(2, (await next.SealAsync(1)).Segments.Count);
    }

    [Fact]
    public async Task Memory_for_sealed_messages_is_less_than_two_bytes_each()
    {
        var disk = new SimulatedDisk();
        await using var log = Open(disk);
        var shard = await AppendAsync(log, disk, [.. Enumerable.Range(0, 4_000).Select(i => Message(1, 5 * i, 1))]);
        await shard.SealAsync(1);

        Assert.InRange(((Storage.Segments.SegmentSet)shard.Sealed).MemoryBytes, 1, 2 * 4_000);
    }

    private static async Task<OpenShard> AppendAsync(Storage.Log.Local.LocalShardLog log, SimulatedDisk disk, (IndexEntry Entry, byte[] Envelope)[] messages)
    {
        var shard = await OpenShard.OpenAsync(log, OpenShard.Store(disk, log), 1);
        foreach (var chunk in messages.Chunk(256))
        {
            var append = new ShardAppend(
                shard.Open.Head + 1, [.. chunk.Select(m => m.Entry)], new uint[chunk.Length], chunk.SelectMany(m => m.Envelope).ToArray());
            Assert.Equal(AppendOutcome.Durable, await shard.AppendAsync(append));
        }

        return shard;
    }

    private static async Task<SortedDictionary<string, byte[]>> SealAsync((IndexEntry Entry, byte[] Envelope)[] messages)
    {
        var disk = new SimulatedDisk();
        await using var log = Open(disk);
        var shard = await AppendAsync(log, disk, messages);
        await shard.SealAsync(7);
        var files = disk.List("/data/segments/1").Where(name => name.EndsWith(".seg", StringComparison.Ordinal));
        return new SortedDictionary<string, byte[]>(files.ToDictionary(name => name, name => disk[name]));
    }
}
