using DChat.Core.Shards;
using DChat.Storage.Log.Local.Wal;
using DChat.Testing.Log;
using static DChat.Storage.Tests.Log.Local.TestLog;

namespace DChat.Storage.Tests.Log.Local;

/// <summary>The last frame is whole or it never was: whatever part of it reached the disk.</summary>
public sealed class TornWriteTests
{
    private static readonly int[] LastBatch = [300, 1, 250];

    [Fact]
    public async Task A_commit_cut_off_at_any_byte_is_forgotten_and_the_log_goes_on()
    {
        var log = await WriteThreeCommitsAsync();
        for (var length = log.LastFrame.Start.Value; length < log.LastFrame.End.Value; length++)
        {
            await AssertForgetsLastAsync(log, log.File[..length]);
        }
    }

    [Fact]
    public async Task A_commit_that_is_zero_from_any_byte_on_is_forgotten_and_the_log_goes_on()
    {
        var log = await WriteThreeCommitsAsync();
        for (var from = log.LastFrame.Start.Value; from < log.LastFrame.End.Value; from++)
        {
            var file = log.File.ToArray();
            file.AsSpan(from).Clear();
            await AssertForgetsLastAsync(log, file);
        }
    }

    [Fact]
    public async Task A_commit_of_which_any_sectors_are_missing_is_forgotten_and_the_log_goes_on()
    {
        var log = await WriteThreeCommitsAsync();
        var (start, end) = (log.LastFrame.Start.Value, log.LastFrame.End.Value);
        var (first, last) = (start / FrameBuffer.SectorLength, (end - 1) / FrameBuffer.SectorLength);
        for (var missing = 1; missing < 1 << (last - first + 1); missing++)
        {
            var file = log.File.ToArray();
            for (var sector = first; sector <= last; sector++)
            {
                if ((missing >> (sector - first) & 1) != 0)
                {
                    var (from, to) = (Math.Max(start, sector * FrameBuffer.SectorLength), Math.Min(end, (sector + 1) * FrameBuffer.SectorLength));
                    file.AsSpan(from, to - from).Clear();
                }
            }

            await AssertForgetsLastAsync(log, file);
        }
    }

    [Fact]
    public async Task A_whole_commit_is_kept_though_its_messages_are_nothing_but_zeros()
    {
        var disk = new SimulatedDisk();
        ShardAppend zeros;
        await using (var log = Open(disk))
        {
            var writer = await log.OpenShardAsync(1);
            zeros = Batch(writer, 1, seed: 1, 5_000) with { Runs = [new byte[5_000]] };
            Assert.Equal(AppendOutcome.Durable, await writer.AppendAsync(zeros));
        }

        disk.Delete("/data/index.dat");
        await using var again = Open(disk);
        await (await again.OpenShardAsync(1)).AssertHoldsAsync(zeros);
    }

    [Fact]
    public async Task Damage_to_a_commit_of_zeros_is_not_taken_for_a_torn_write()
    {
        var log = await WriteAsync(writer => Batch(writer, 1, seed: 3, 5_000) with { Runs = [new byte[5_000]] });
        log.File[log.LastFrame.Start.Value + 200] ^= 1;

        var error = AssertRefusesToOpen(DiskWith(log, log.File), "log-corrupt");
        Assert.Contains($"offset {log.LastFrame.Start.Value}:", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_whose_creation_was_cut_off_at_any_byte_is_created_again()
    {
        var log = await WriteThreeCommitsAsync();
        for (var length = 0; length <= HeaderBlock.Length; length++)
        {
            foreach (var written in new[] { 0, length })
            {
                var disk = DiskWith(log, log.File);
                var header = new byte[length];
                header.AsSpan(0, Math.Min(written, HeaderBlock.Length - 1)).Fill(0xAB);
                disk.Create("/data/wal/00000002.wal").Write(header, 0);

                await using var again = Open(disk);
                var writer = await again.OpenShardAsync(1);
                var next = await writer.AppendAsync(1, seed: 9, 61_000, 3_000);
                await writer.AssertHoldsAsync([.. log.Batches, next]);
            }
        }
    }

    private static Task<WrittenLog> WriteThreeCommitsAsync() => WriteAsync(writer => Batch(writer, 1, seed: 3, LastBatch));

    private static async Task<WrittenLog> WriteAsync(Func<IndexedShardWriter, ShardAppend> last)
    {
        var disk = new SimulatedDisk();
        var log = Open(disk);
        var writer = await log.OpenShardAsync(1);
        var a = await writer.AppendAsync(1, seed: 1, 600, 20);
        var b = await writer.AppendAsync(1, seed: 2, 1_000);
        var start = LastWrite(disk).Offset + LastWrite(disk).Length;
        var c = last(writer);
        Assert.Equal(AppendOutcome.Durable, await writer.AppendAsync(c));
        Assert.Equal(start, LastWrite(disk).Offset);

        // As a kill leaves it: there is no index that could cover the last commit.
        var copy = disk.Copy();
        await log.DisposeAsync();
        return new WrittenLog(copy, [a, b, c], copy[FirstWal], new Range((int)start, (int)start + LastWrite(disk, start).Length));
    }

    private static DiskCall LastWrite(SimulatedDisk disk, long? offset = null) => disk.Calls.Last(
        call => call.Operation == DiskOperation.Write && call.Path.EndsWith(FirstWal, StringComparison.Ordinal) && (offset is null || call.Offset == offset));

    private static SimulatedDisk DiskWith(WrittenLog log, byte[] file)
    {
        var disk = log.Disk.Copy();
        disk[FirstWal] = file;
        return disk;
    }

    private static async Task AssertForgetsLastAsync(WrittenLog log, byte[] file)
    {
        var disk = DiskWith(log, file);
        ShardAppend next;
        await using (var again = Open(disk))
        {
            var writer = await again.OpenShardAsync(1);
            Assert.Equal(3ul, writer.Index.Head);
            next = await writer.AppendAsync(1, seed: 9, 40, 900);
            await writer.AssertHoldsAsync(log.Batches[0], log.Batches[1], next);
        }

        disk.Delete("/data/index.dat");
        await using var third = Open(disk);
        await (await third.OpenShardAsync(1)).AssertHoldsAsync(log.Batches[0], log.Batches[1], next);
    }

    private sealed record WrittenLog(SimulatedDisk Disk, ShardAppend[] Batches, byte[] File, Range LastFrame);
}
