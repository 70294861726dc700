using DChat.Core;
using DChat.Core.Shards;
using DChat.Storage.Log.Local;
using DChat.Testing.Log;
using static DChat.Storage.Tests.Log.Local.TestLog;

namespace DChat.Storage.Tests.Log.Local;

/// <summary>The log on the real file system.</summary>
public sealed class DataDirectoryTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_second_opener_is_told_that_the_directory_is_in_use_until_the_first_closes()
    {
        var options = Options(_directory.Path);
        var log = LocalShardLog.Open(options);
        var error = Assert.Throws<DChatException>(() => LocalShardLog.Open(options));
        Assert.Equal("log-locked", error.Code);
        Assert.True(error.IsTransient);
        Assert.Contains(_directory.Path, error.Message, StringComparison.Ordinal);

        await log.DisposeAsync();
        using var next = LocalShardLog.Open(options);
        Assert.Equal(log.Id, next.Id);
    }

    [Fact]
    public void A_log_that_could_not_be_opened_leaves_the_directory_free()
    {
        LocalShardLog.Open(Options(_directory.Path)).Dispose();
        var other = Options(_directory.Path);
        other.Network = "other";

        Assert.Equal("log-mismatch", Assert.Throws<DChatException>(() => LocalShardLog.Open(other)).Code);
        LocalShardLog.Open(Options(_directory.Path)).Dispose();
    }

    [Fact]
    public void A_directory_made_for_something_else_is_refused()
    {
        LocalShardLog.Open(Options(_directory.Path)).Dispose();
        var (network, bits) = (Options(_directory.Path), Options(_directory.Path));
        network.Network = "other";
        bits.ShardBits = 5;
        foreach (var options in new[] { network, bits })
        {
            var error = Assert.Throws<DChatException>(() => LocalShardLog.Open(options));
            Assert.Equal("log-mismatch", error.Code);
            Assert.Contains("keeps network test with 2 shard bits", error.Message, StringComparison.Ordinal);
        }

        var manifest = Path.Combine(_directory.Path, "log.json");
        var present = File.ReadAllText(manifest);
        foreach (var format in new[] { 1, 4 })
        {
            File.WriteAllText(manifest, present.Replace("\"format\": 3", $"\"format\": {format}", StringComparison.Ordinal));
            var error = Assert.Throws<DChatException>(() => LocalShardLog.Open(Options(_directory.Path)));
            Assert.Equal("log-mismatch", error.Code);
            Assert.Contains($"has format {format}, but this version reads formats 2 and 3", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_directory_that_cannot_be_written_is_named()
    {
        var file = Path.Combine(_directory.Path, "file");
        File.WriteAllText(file, "in the way");
        var path = Path.Combine(file, "data");

        var error = Assert.Throws<DChatException>(() => LocalShardLog.Open(Options(path)));
        Assert.Equal("log-unwritable", error.Code);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.EndsWith($"{file} is a file, and a directory belongs there. If need be, choose another directory with --data.", error.Message, StringComparison.Ordinal);
    }

    public static TheoryData<Exception, string> Refusals => new()
    {
        { new UnauthorizedAccessException("Access to /data/lock is denied."), "Access to /data/lock is denied. Change the owner or the mode." },
        { new IOException("Read-only file system", 30), "its file system is read-only." },
        { new IOException("No space left on device", 28), "its disk is full. Free some space." },
        { new IOException("Input/output error", 5), "Input/output error." },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public void A_directory_that_the_system_refuses_is_named_with_what_to_do(Exception fault, string reason)
    {
        var disk = new SimulatedDisk { Before = call => new DiskFault(fault) };

        Assert.Equal(
            $"The data directory /data cannot be used: {reason} If need be, choose another directory with --data.",
            AssertRefusesToOpen(disk, "log-unwritable").Message);
    }

    [Fact]
    public async Task Nobody_is_led_away_from_a_directory_that_holds_a_log()
    {
        await using (var log = LocalShardLog.Open(Options(_directory.Path)))
        {
        }

        File.Delete(Path.Combine(_directory.Path, "lock"));
        Directory.CreateDirectory(Path.Combine(_directory.Path, "lock"));
        var error = Assert.Throws<DChatException>(() => LocalShardLog.Open(Options(_directory.Path)));

        Assert.Equal("log-unwritable", error.Code);
        Assert.DoesNotContain("--data", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("It holds this relay's messages and key: repair it rather than begin anew elsewhere.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_link_to_nothing_is_not_called_a_file()
    {
        var path = Path.Combine(_directory.Path, "data");
        File.CreateSymbolicLink(path, Path.Combine(_directory.Path, "not-mounted"));

        var error = Assert.Throws<DChatException>(() => LocalShardLog.Open(Options(path)));

        Assert.Contains($"{path} leads to {_directory.Path}/not-mounted, which is not there or no directory.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Missing_directories_are_created()
    {
        var path = Path.Combine(_directory.Path, "a", "b", "data");
        ShardAppend batch;
        await using (var log = LocalShardLog.Open(Options(path)))
        {
            batch = await (await log.OpenShardAsync(1)).AppendAsync(1, seed: 1, 100, 61_000);
        }

        await using var again = LocalShardLog.Open(Options(path));
        await (await again.OpenShardAsync(1)).AssertHoldsAsync(batch);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_hundred_thousand_messages_are_recovered_with_and_without_the_index(bool hasIndex)
    {
        var options = Options(_directory.Path);
        options.SegmentBytes = 4 << 20;
        options.CheckpointBytes = 8 << 20;
        int[] lengths = [.. Enumerable.Repeat(64, 1_000)];
        var last = new ShardAppend[1 << ShardBits];
        await using (var log = LocalShardLog.Open(options))
        {
            await Task.WhenAll(Enumerable.Range(0, 1 << ShardBits).Select(async shard =>
            {
                var writer = await log.OpenShardAsync(shard);
                for (var i = 0; i < 25; i++)
                {
                    last[shard] = await writer.AppendAsync(shard, seed: (shard * 100) + i + 1, lengths);
                }
            }));
        }

        if (!hasIndex)
        {
            File.Delete(Path.Combine(_directory.Path, "index.dat"));
        }

        await using var again = LocalShardLog.Open(options);
        for (var shard = 0; shard < 1 << ShardBits; shard++)
        {
            var writer = await again.OpenShardAsync(shard);
            Assert.Equal(25_000ul, writer.Index.Head);
            Assert.True(writer.Index.TryFind(last[shard].Entries[^1].Id, out var newest));
            Assert.Equal(25_000ul, newest.Sequence);
            Assert.Equal(25_000 * 64, (await writer.ReadAllAsync()).Length);
        }
    }

    [Fact]
    public async Task Messages_are_read_while_others_are_appended()
    {
        await using var log = LocalShardLog.Open(Options(_directory.Path));
        var writer = await log.OpenShardAsync(1);
        var batches = new List<ShardAppend> { await writer.AppendAsync(1, seed: 1, 500) };
        using var done = new CancellationTokenSource();
        var reading = Task.Run(() => ReadUntilAsync(writer, batches[0].Bytes(), done.Token), Token);
        for (var i = 2; i < 200; i++)
        {
            batches.Add(await writer.AppendAsync(1, seed: i, 900, 40));
        }

        await done.CancelAsync();
        await reading;
        await writer.AssertHoldsAsync([.. batches]);
    }

    [Fact]
    public async Task A_read_that_asks_for_too_much_is_refused()
    {
        await using var log = LocalShardLog.Open(Options(_directory.Path));
        var writer = await log.OpenShardAsync(1);
        await writer.AppendAsync(1, seed: 1, 32_768);
        var snapshot = writer.Index.Snapshot();
        ulong[] most = [.. Enumerable.Repeat(1ul, RecordRun.MaxEnvelopeBytes / 32_768)];

        Assert.Equal(RecordRun.MaxEnvelopeBytes, (await writer.ReadAsync(snapshot, most, Token)).Bytes.Length);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await writer.ReadAsync(snapshot, (ulong[])[.. most, 1], Token));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await writer.ReadAsync(snapshot, new ulong[] { 2 }, Token));
    }

    private static async Task ReadUntilAsync(IndexedShardWriter writer, ReadOnlyMemory<byte> first, CancellationToken done)
    {
        do
        {
            var snapshot = writer.Index.Snapshot();
            var read = await writer.ReadAsync(snapshot, new ulong[] { 1, snapshot.Head }, Token);
            Assert.Equal(first.ToArray(), read.Bytes[..first.Length]);
        }
        while (!done.IsCancellationRequested);
    }
}
