using CsCheck;
using DChat.Core;
using DChat.Core.Shards;
using static DChat.Storage.Tests.Log.Local.TestLog;

namespace DChat.Storage.Tests.Segments;

/// <summary>Damage in the files of segments is told of with file and offset, or as a hole; it never becomes a message or hides one.</summary>
public sealed class SegmentCorruptionTests
{
    [Fact]
    public async Task A_flipped_bit_anywhere_is_found_or_changes_nothing()
    {
        var (disk, sealedBefore, entries) = await SealedAsync();
        string[] files = [.. disk.List("/data/segments/1")];
        var found = 0;
        await Gen.Select(Gen.Int[0, files.Length - 1], Gen.Double[0, 1], Gen.Int[0, 7]).SampleAsync(async (file, where, bit) =>
        {
            var damaged = disk.Copy();
            var bytes = damaged[files[file]];
            bytes[(int)(where * (bytes.Length - 1))] ^= (byte)(1 << bit);
            damaged[files[file]] = bytes;
            await using var log = Open(damaged);
            try
            {
                var shard = await OpenShard.OpenAsync(log, OpenShard.Store(damaged, log), 1);
                AssertTellsTheTruth(shard.Sealed, sealedBefore, entries);
            }
            catch (DChatException e) when (e.Code == "segment-corrupt")
            {
                Assert.Contains(files[file][..20], e.Message, StringComparison.Ordinal);
                Assert.Contains("offset", e.Message, StringComparison.Ordinal);
                Interlocked.Increment(ref found);
            }
        }, iter: 200, threads: 2);
        Assert.InRange(found, 33, 200);
    }

    [Fact]
    public async Task Every_length_that_a_file_may_have_been_cut_to_is_found()
    {
        var (disk, _, _) = await SealedAsync();
        foreach (var file in disk.List("/data/segments/1"))
        {
            var whole = disk[file];
            foreach (var length in (int[])[0, 1, 63, 64, whole.Length / 2, whole.Length - 1])
            {
                var cut = disk.Copy();
                cut[file] = whole[..length];
                await using var log = Open(cut);
                var error = await Assert.ThrowsAsync<DChatException>(() => OpenShard.OpenAsync(log, OpenShard.Store(cut, log), 1));
                Assert.Equal("segment-corrupt", error.Code);
                Assert.Contains(file, error.Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task A_segment_without_its_side_index_or_with_that_of_another_log_is_not_opened()
    {
        var (disk, _, _) = await SealedAsync();
        var index = disk.List("/data/segments/1").First(name => name.EndsWith(".idx", StringComparison.Ordinal));
        var without = disk.Copy();
        without.Delete("/data/segments/1/" + index);
        await using (var log = Open(without))
        {
            var error = await Assert.ThrowsAsync<DChatException>(() => OpenShard.OpenAsync(log, OpenShard.Store(without, log), 1));
            Assert.Equal("segment-corrupt", error.Code);
            Assert.Contains(index, error.Message, StringComparison.Ordinal);
        }

        var stranger = new Storage.Segments.LocalSegmentStore(Options(), new LogId(Guid.NewGuid()), disk);
        Assert.Equal("segment-corrupt", (await Assert.ThrowsAsync<DChatException>(async () => await stranger.OpenAsync(new(1), term: 1, Token))).Code);
    }

    [Fact]
    public async Task A_disk_that_cannot_be_read_is_a_transient_error_and_is_asked_again()
    {
        var (disk, sealedBefore, entries) = await SealedAsync();
        await using var log = Open(disk);
        var store = OpenShard.Store(disk, log);
        disk.Before = call => call.Operation == DiskOperation.Delete ? DiskFault.InputOutput : null;
        disk.Create("/data/segments/1/left.new").Dispose();

        var error = await Assert.ThrowsAsync<DChatException>(() => OpenShard.OpenAsync(log, store, 1));
        Assert.Equal(("segment-unreadable", true), (error.Code, error.IsTransient));
        disk.Before = null;
        AssertTellsTheTruth((await OpenShard.OpenAsync(log, store, 1)).Sealed, sealedBefore, entries);
        Assert.DoesNotContain("left.new", disk.List("/data/segments/1"));
    }

    private static void AssertTellsTheTruth(ISealedMessages told, IReadOnlyList<(StoredMessage Message, byte[] Envelope)> before, IndexEntry[] entries)
    {
        Assert.Equal(before.Count, told.Count);
        var after = told.After(0, int.MaxValue);
        Assert.Equal(before.Select(each => each.Message with { Location = 0, Checksum = 0 }), after.Select(message => message with { Location = 0, Checksum = 0 }));
        for (var i = 0; i < after.Count; i++)
        {
            var read = told.Read([after[i]]);
            Assert.True(read.Holes.Count == 1 || read.Bytes.AsSpan().SequenceEqual(before[i].Envelope));
        }

        foreach (var entry in entries)
        {
            Assert.True(told.TryFind(entry, out _));
            Assert.InRange(told.TopicHead(entry.Topic), 1u, uint.MaxValue);
        }

        foreach (var entry in entries.DistinctBy(entry => entry.Topic))
        {
            Assert.NotEmpty(told.After(entry.Topic, 0, 10));
        }
    }

    private static async Task<(SimulatedDisk Disk, IReadOnlyList<(StoredMessage, byte[])> Sealed, IndexEntry[] Entries)> SealedAsync()
    {
        var disk = new SimulatedDisk();
        await using var log = Open(disk);
        var shard = await OpenShard.OpenAsync(log, OpenShard.Store(disk, log), 1);
        var batch = Batch(1, 1, 1, [.. Enumerable.Range(0, 700).Select(i => 1 + (i % 30))]);
        await shard.AppendAsync(batch);
        await shard.SealAsync(1);
        (StoredMessage, byte[])[] told = [.. shard.Sealed.After(0, int.MaxValue).Select(message => (message, shard.Sealed.Read([message]).Bytes))];
        return (disk.Copy(), told, [.. batch.Entries]);
    }
}
