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
    public async Task Messages_are_found_by_sequence_topic_and_id_as_a_naive_model_finds_them_before_and_after_opening_again() =>
        await Gen.Select(Gen.Int[1, 900], Gen.Int[1, 4], Gen.Int).SampleAsync(async (count, epochs, seed) =>
        {
            var random = new Random(seed);
            var disk = new SimulatedDisk();
            await using var log = Open(disk);
            var shard = await OpenShard.OpenAsync(log, OpenShard.Store(disk, log), 1);
            List<IndexedMessage> model = [];
            for (var epoch = 1; epoch <= epochs; epoch++)
            {
                var batch = Batch(shard.Open.Head + 1, 1, (seed & 0xFFFF) + epoch, [.. Enumerable.Range(0, count / epochs + 1).Select(_ => random.Next(1, 40))]);
                Assert.Equal(AppendOutcome.Durable, await shard.AppendAsync(batch));
                await shard.SealAsync((ulong)epoch, message => { var taken = random.Next(4) > 0; if (taken) { model.Add(message); } return taken; });
            }

            model.Sort((a, b) => a.Sequence.CompareTo(b.Sequence));
            AssertAgrees(shard.Sealed, model, random);
            var again = await OpenShard.OpenAsync(log, OpenShard.Store(disk, log), 1);
            AssertAgrees(again.Sealed, model, random);
            Assert.Equal(shard.Open.Snapshot().Messages, again.Open.Snapshot().Messages);
        }, iter: 15);

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
    public async Task A_class_that_has_a_segment_in_an_epoch_keeps_it_and_what_came_late_goes_into_the_next()
    {
        var disk = new SimulatedDisk();
        await using var log = Open(disk);
        var shard = await AppendAsync(log, disk, [Message(1, 0, 10), Message(1, 1, 10)]);
        Assert.Equal(2, (await shard.SealAsync(1)).Segments.Count);
        await shard.AppendAsync(Batch(3, 1, 5, [10]));

        Assert.Empty((await shard.SealAsync(1)).Segments);
        Assert.Equal(1, shard.Open.Count);
        var late = Assert.Single((await shard.SealAsync(2)).Segments);
        Assert.Equal((2ul, 1), (late.Id.Epoch.Value, late.Count));
        Assert.Equal(0, shard.Open.Count);
    }

    [Fact]
    public async Task Topics_go_on_where_they_were_after_their_messages_are_sealed()
    {
        var disk = new SimulatedDisk();
        await using var log = Open(disk);
        var shard = await AppendAsync(log, disk, [Message(1, 3, 10), Message(1, 6, 10), Message(1, 4, 10)]);
        await shard.SealAsync(1, message => message.Sequence == 1);
        await shard.SealAsync(2);

        var (topic, other) = (Message(1, 3, 1).Entry.Topic, Message(1, 4, 1).Entry.Topic);
        foreach (var opened in (OpenShard[])[shard, await OpenShard.OpenAsync(log, OpenShard.Store(disk, log), 1)])
        {
            Assert.Equal(2u, opened.Sealed.TopicHead(topic));
            Assert.Equal(1u, opened.Sealed.TopicHead(other));
            Assert.Equal(0u, opened.Sealed.TopicHead(Message(1, 5, 1).Entry.Topic));
        }
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

    private static void AssertAgrees(ISealedMessages found, List<IndexedMessage> model, Random random)
    {
        Assert.Equal(model.Count, found.Count);
        Assert.Equal(model.Count > 0 ? model[^1].Sequence : 0, found.LastSequence);
        for (var i = 0; i < 20; i++)
        {
            var (after, count) = ((ulong)random.Next(1_000), random.Next(1, 300));
            Assert.Equal(
                model.Where(message => message.Sequence > after).Take(count).Select(Told), found.After(after, count).Select(Told));
            var topic = Message(1, random.Next(3), 1).Entry.Topic;
            Assert.Equal(
                model.Where(message => message.Entry.Topic == topic && message.Sequence > after).Take(count).Select(Told),
                found.After(topic, after, count).Select(Told));
        }

        foreach (var message in model)
        {
            Assert.True(found.MayHold(message.Entry));
            Assert.True(found.TryFind(message.Entry, out var stored));
            Assert.Equal(Told(message), Told(stored));
            Assert.False(found.TryFind(message.Entry with { Id = Message(9, 77, 1).Entry.Id }, out _));
        }

        static (ulong, ulong, int, Core.Envelopes.Door) Told<T>(T message) => message switch
        {
            IndexedMessage indexed => (indexed.Sequence, indexed.TopicSequence, indexed.Entry.Length, indexed.Entry.Door),
            StoredMessage stored => (stored.Sequence, stored.TopicSequence, stored.Length, stored.Door),
            _ => throw new ArgumentException("Neither."),
        };
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
