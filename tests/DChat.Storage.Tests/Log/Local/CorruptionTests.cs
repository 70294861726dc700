using DChat.Storage.Log.Local.Wal;
using static DChat.Storage.Tests.Log.Local.TestLog;

namespace DChat.Storage.Tests.Log.Local;

/// <summary>What was acknowledged and is damaged is never dropped: the log refuses to start, or to read it.</summary>
public sealed class CorruptionTests
{
    [Fact]
    public async Task A_flipped_bit_anywhere_in_a_frame_refuses_to_start_and_names_the_frame()
    {
        var (disk, frames) = await WriteAsync(200, 700, 90);
        var file = disk[FirstWal];
        foreach (var (start, end) in frames)
        {
            for (var at = start; at < end; at++)
            {
                var damaged = file.ToArray();
                damaged[at] ^= (byte)(1 << (at % 8));
                AssertCorruptAt(disk, damaged, start);
            }
        }
    }

    [Fact]
    public async Task A_zeroed_sector_of_any_frame_but_the_last_refuses_to_start()
    {
        var (disk, frames) = await WriteAsync(700, 90, 2_000);
        var file = disk[FirstWal];
        for (var sector = 0; sector * FrameBuffer.SectorLength < frames[^1].Start; sector++)
        {
            var damaged = file.ToArray();
            damaged.AsSpan(sector * FrameBuffer.SectorLength, FrameBuffer.SectorLength).Clear();
            var copy = disk.Copy();
            copy[FirstWal] = damaged;
            Assert.Contains(FirstWal, AssertRefusesToOpen(copy, "log-corrupt").Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_missing_frame_refuses_to_start()
    {
        var (disk, frames) = await WriteAsync(200, 300, 400);
        var file = disk[FirstWal];

        AssertCorruptAt(disk, [.. file[..frames[1].Start], .. file[frames[1].End..]], frames[1].Start);
    }

    [Fact]
    public async Task A_damaged_file_header_refuses_to_start()
    {
        var (disk, _) = await WriteAsync(200);
        for (var at = 0; at < HeaderBlock.Length; at++)
        {
            var damaged = disk[FirstWal];
            damaged[at] ^= 4;
            AssertCorruptAt(disk, damaged, 0);
        }
    }

    [Fact]
    public async Task A_file_of_another_log_refuses_to_start()
    {
        var (disk, _) = await WriteAsync(200);
        var (other, _) = await WriteAsync(200);

        AssertCorruptAt(disk, other[FirstWal], 0);
    }

    [Theory]
    [InlineData("00000001.wal")]
    [InlineData("00000002.wal")]
    public async Task A_missing_file_refuses_to_start(string name)
    {
        var disk = await WriteThreeFilesAsync();
        disk.Delete($"/data/wal/{name}");

        Assert.Contains($"{name} is damaged at offset 0: the file is missing", AssertRefusesToOpen(disk, "log-corrupt").Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_last_file_refuses_to_start_when_the_index_covers_it()
    {
        var disk = await WriteThreeFilesAsync(keepIndex: true);
        disk.Delete("/data/wal/00000003.wal");

        Assert.Contains("00000003.wal", AssertRefusesToOpen(disk, "log-corrupt").Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_cut_off_below_what_the_index_covers_refuses_to_start()
    {
        var disk = await WriteThreeFilesAsync(keepIndex: true);
        disk["00000003.wal"] = disk["00000003.wal"][..100];

        Assert.Contains("00000003.wal", AssertRefusesToOpen(disk, "log-corrupt").Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_torn_end_of_any_file_but_the_last_refuses_to_start()
    {
        var disk = await WriteThreeFilesAsync();
        disk["00000002.wal"] = disk["00000002.wal"][..1_000];

        Assert.Contains("00000002.wal", AssertRefusesToOpen(disk, "log-corrupt").Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_lost_its_last_frame_to_zeros_refuses_to_start()
    {
        var disk = await WriteThreeFilesAsync();
        var file = disk["00000002.wal"];
        file.AsSpan(HeaderBlock.Length).Clear();
        disk["00000002.wal"] = file;

        var error = AssertRefusesToOpen(disk, "log-corrupt");
        Assert.Contains("00000003.wal is damaged at offset 0", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_manifest_refuses_to_start_when_there_are_messages()
    {
        var (disk, _) = await WriteAsync(200);
        disk.Delete("/data/log.json");

        Assert.Contains("log.json", AssertRefusesToOpen(disk, "log-corrupt").Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("{\"format\":1}")]
    public async Task A_manifest_that_is_not_one_refuses_to_start(string text)
    {
        var (disk, _) = await WriteAsync(200);
        disk["log.json"] = System.Text.Encoding.UTF8.GetBytes(text);

        Assert.Contains("log.json", AssertRefusesToOpen(disk, "log-corrupt").Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_record_is_a_hole_that_is_logged_once_and_the_messages_around_it_are_read()
    {
        var disk = new SimulatedDisk();
        var logger = new ErrorLog();
        await using var log = Open(disk, logger: logger);
        var writer = await log.OpenShardAsync(1);
        var good = await writer.AppendAsync(1, seed: 1, 300);
        var bad = await writer.AppendAsync(1, seed: 2, 300);
        var beyond = await writer.AppendAsync(1, seed: 3, 300);
        var location = WalPosition.FromLocation(writer.Index.Snapshot()[2].Location);
        using (var file = disk.Open($"/data/wal/{FirstWal}"))
        {
            file.Write([0], location.Offset + 200);
        }

        for (var i = 0; i < 2; i++)
        {
            var read = await writer.ReadAsync(writer.Index.Snapshot(), new ulong[] { 1, 2, 3 }, Token);

            Assert.Equal([.. good.Bytes(), .. beyond.Bytes()], read.Bytes);
            Assert.Equal([2ul], read.Holes);
        }

        Assert.Contains(
            $"{FirstWal} is damaged at offset {location.Offset}: the record of {bad.Entries[0].Id} does not match its checksum",
            Assert.Single(logger.Messages), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_record_that_the_file_no_longer_has_is_a_hole()
    {
        var disk = new SimulatedDisk();
        await using var log = Open(disk);
        var writer = await log.OpenShardAsync(1);
        await writer.AppendAsync(1, seed: 1, 300);
        using (var file = disk.Open($"/data/wal/{FirstWal}"))
        {
            file.SetLength(HeaderBlock.Length * 2);
        }

        var read = await writer.ReadAsync(writer.Index.Snapshot(), new ulong[] { 1 }, Token);
        Assert.Empty(read.Bytes);
        Assert.Equal([1ul], read.Holes);
    }

    // One frame for each length; the disk is as a kill leaves it, without an index.
    private static async Task<(SimulatedDisk Disk, (int Start, int End)[] Frames)> WriteAsync(params int[] lengths)
    {
        var disk = new SimulatedDisk();
        var log = Open(disk);
        var writer = await log.OpenShardAsync(1);
        disk.Calls.Clear();
        for (var i = 0; i < lengths.Length; i++)
        {
            await writer.AppendAsync(1, seed: i + 1, lengths[i]);
        }

        // Longer writes only fill the file with zeros.
        (int, int)[] frames =
        [
            .. disk.Calls.Where(call => call.Operation == DiskOperation.Write && call.Length < 10_000)
                .Select(call => ((int)call.Offset, (int)call.Offset + call.Length)),
        ];
        var copy = disk.Copy();
        await log.DisposeAsync();
        return (copy, frames);
    }

    private static async Task<SimulatedDisk> WriteThreeFilesAsync(bool keepIndex = false)
    {
        var disk = new SimulatedDisk();
        await using (var log = Open(disk))
        {
            var writer = await log.OpenShardAsync(1);
            for (var i = 1; i <= 3; i++)
            {
                await writer.AppendAsync(1, seed: i, 60_000);
            }
        }

        Assert.Equal(3, disk.List("/data/wal").Count);
        if (!keepIndex)
        {
            disk.Delete("/data/index.dat");
        }

        return disk;
    }

    private static void AssertCorruptAt(SimulatedDisk disk, byte[] file, int offset)
    {
        var copy = disk.Copy();
        copy[FirstWal] = file;
        var error = AssertRefusesToOpen(copy, "log-corrupt");
        Assert.False(error.IsTransient);
        Assert.Contains($"{FirstWal} is damaged at offset {offset}:", error.Message, StringComparison.Ordinal);
    }
}
