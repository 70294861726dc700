using DChat.Core;
using DChat.Core.Shards;
using DChat.Storage.Segments;
using static DChat.Storage.Tests.Log.Local.TestLog;

namespace DChat.Storage.Tests.Segments;

/// <summary>A disk that has little room, or fails to read some of the log, while a shard is sealed.</summary>
public sealed class SealingFaultTests
{
    private const string Directory = "/data/segments/1";

    [Theory]
    [InlineData(0, true)]
    [InlineData(-1, false)]
    public async Task A_sealing_leaves_the_log_room_to_go_on_or_is_refused_before_it_writes(int missing, bool isSealed)
    {
        var disk = new SimulatedDisk();
        await using var log = Open(disk);
        var shard = await OpenShard.OpenAsync(log, OpenShard.Store(disk, log), 1);
        await shard.AppendAsync(Batch(1, 1, 1, [10, 20, 30, 40]));

        // No head of a topic yet: 16 bytes.
        disk.Capacity = disk.Used + 16 + (4 * SegmentDirectory.MaxBytesBeside) + 100 + Options().SegmentBytes + missing;
        var before = disk.Calls.Count;
        if (!isSealed)
        {
            var error = await Assert.ThrowsAsync<DChatException>(() => shard.SealAsync(1));
            Assert.Equal(("segment-unwritable", true), (error.Code, error.IsTransient));
            Assert.DoesNotContain(disk.Calls.Skip(before), call => call.Operation is DiskOperation.Create or DiskOperation.Write);
            disk.Capacity = long.MaxValue;
        }

        Assert.Equal(4, (await shard.SealAsync(1)).Segments.Sum(segment => segment.Count));
    }

    [Fact]
    public async Task A_message_that_the_disk_fails_to_read_holds_up_no_other_and_is_sealed_once_it_can_be_read()
    {
        var disk = new SimulatedDisk();
        await using var log = Open(disk);
        var shard = await OpenShard.OpenAsync(log, OpenShard.Store(disk, log), 1);
        await shard.AppendAsync(Batch(1, 1, 1, [.. Enumerable.Repeat(100, 50)]));
        FailReads(disk, shard, first: 21, last: 21);

        var result = await shard.SealAsync(1);

        Assert.Equal([21ul], result.Unread);
        Assert.Empty(result.Holes);
        Assert.Equal(49, result.Segments.Sum(segment => segment.Count));
        Assert.Equal(21ul, Assert.Single(shard.Open.Snapshot().Messages).Sequence);
        disk.BeforeRead = null;
        Assert.Equal(1, Assert.Single((await shard.SealAsync(2)).Segments).Count);
        Assert.Equal(50, shard.Sealed.Count);
    }

    [Fact]
    public async Task A_lone_message_that_the_disk_fails_to_read_stays_in_the_log()
    {
        var disk = new SimulatedDisk();
        await using var log = Open(disk);
        var shard = await OpenShard.OpenAsync(log, OpenShard.Store(disk, log), 1);
        await shard.AppendAsync(Batch(1, 1, 1, [100]));
        FailReads(disk, shard, first: 1, last: 1);

        var result = await shard.SealAsync(1);

        Assert.Equal([1ul], result.Unread);
        Assert.Equal((0, 0), (result.Holes.Count, result.Segments.Count));
        Assert.Equal(1, shard.Open.Count);
        Assert.DoesNotContain(disk.List(Directory), name => name.EndsWith(".new", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_disk_that_fails_every_read_seals_nothing()
    {
        var disk = new SimulatedDisk();
        await using var log = Open(disk);
        var shard = await OpenShard.OpenAsync(log, OpenShard.Store(disk, log), 1);
        await shard.AppendAsync(Batch(1, 1, 1, [.. Enumerable.Repeat(100, 50)]));
        FailReads(disk, shard, first: 1, last: 50);

        Assert.Equal("log-unreadable", (await Assert.ThrowsAsync<DChatException>(() => shard.SealAsync(1))).Code);
        Assert.Equal(0, shard.Sealed.Count);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public async Task So_many_messages_are_left_out_and_no_more(int beyond, bool isSealed)
    {
        var disk = new SimulatedDisk();
        await using var log = Open(disk, options => options.SegmentBytes = 1 << 20);
        var shard = await OpenShard.OpenAsync(log, OpenShard.Store(disk, log), 1);
        var unread = SealingReader.MaxUnread + beyond;
        await shard.AppendAsync(Batch(1, 1, 1, [.. Enumerable.Repeat(1, unread + 100)]));
        FailReads(disk, shard, first: 51, last: (ulong)(50 + unread));

        if (isSealed)
        {
            var result = await shard.SealAsync(1);
            Assert.Equal((unread, 100), (result.Unread.Count, result.Segments.Sum(segment => segment.Count)));
        }
        else
        {
            Assert.Equal("log-unreadable", (await Assert.ThrowsAsync<DChatException>(() => shard.SealAsync(1))).Code);
        }
    }

    [Theory]
    [InlineData("x.topics")]
    [InlineData("9999999999999999999x.topics")]
    [InlineData("000000000000000000009.topics")]
    public async Task A_file_that_only_looks_like_heads_of_topics_is_left_alone(string name)
    {
        var disk = new SimulatedDisk();
        await using var log = Open(disk);
        var shard = await OpenShard.OpenAsync(log, OpenShard.Store(disk, log), 1);
        await shard.AppendAsync(Batch(1, 1, 1, [10, 20]));
        await shard.SealAsync(1);
        disk.Create($"{Directory}/{name}").Write("theirs"u8, 0);

        var again = await OpenShard.OpenAsync(log, OpenShard.Store(disk, log), 1);

        Assert.Equal(2, again.Sealed.Count);
        Assert.Contains(name, disk.List(Directory));
    }

    [Fact]
    public async Task A_directory_that_may_not_be_written_is_told_of_as_one_that_cannot_be()
    {
        var disk = new SimulatedDisk();
        await using var log = Open(disk);
        var shard = await OpenShard.OpenAsync(log, OpenShard.Store(disk, log), 1);
        await shard.AppendAsync(Batch(1, 1, 1, [10, 20]));
        disk.Before = call => call.Path.EndsWith(".new", StringComparison.Ordinal) ? new DiskFault(new UnauthorizedAccessException()) : null;

        Assert.Equal("segment-unwritable", (await Assert.ThrowsAsync<DChatException>(() => shard.SealAsync(1))).Code);

        disk.Before = null;
        Assert.Equal(2, (await shard.SealAsync(1)).Segments.Sum(segment => segment.Count));
    }

    /// <summary>From now on the disk fails every read that touches the records of some messages.</summary>
    private static void FailReads(SimulatedDisk disk, OpenShard shard, ulong first, ulong last)
    {
        var open = shard.Open.Snapshot();
        var start = LogLocation.OffsetOf(open[first].Location);
        var end = LogLocation.OffsetOf(open[last].Location) + LogRecord.HeaderLength + open[last].Entry.Length;
        disk.BeforeRead = (path, offset, length) =>
            path.EndsWith(".wal", StringComparison.Ordinal) && offset < end && offset + length > start ? DiskFault.InputOutput.Error : null;
    }
}
