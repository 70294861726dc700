using DChat.Core.Envelopes;
using static DChat.Storage.Tests.Log.Local.TestLog;

namespace DChat.Storage.Tests.Log.Local;

public sealed class RotationTests
{
    // File header 64; a frame of one message of 10 bytes 64 + 73 + 10 + 1, that is 192; what is left of 65,536 is a frame of
    // 65,280, of which 64, twice 73, 61,000 and 1 are spoken for.
    private const int Fits = 65_536 - 64 - 192 - 64 - 73 - 61_000 - 73 - 1;

    [Theory]
    [InlineData(Fits, 1)]
    [InlineData(Fits + 1, 2)]
    public async Task The_log_goes_on_in_a_new_file_when_a_frame_does_not_fit(int length, int files)
    {
        var disk = new SimulatedDisk();
        await using var log = Open(disk);
        var writer = await log.OpenShardAsync(1);
        var a = await writer.AppendAsync(1, seed: 1, 10);
        var b = await writer.AppendAsync(1, seed: 2, 61_000, length);

        Assert.Equal(files, disk.List("/data/wal").Count);
        await writer.AssertHoldsAsync(a, b);
        await using var again = Open(disk.Copy());
        await (await again.OpenShardAsync(1)).AssertHoldsAsync(a, b);
    }

    [Fact]
    public async Task A_frame_longer_than_a_file_gets_a_file_of_its_own()
    {
        var disk = new SimulatedDisk();
        await using var log = Open(disk);
        var writer = await log.OpenShardAsync(1);
        var a = await writer.AppendAsync(1, seed: 1, 10);
        var b = await writer.AppendAsync(1, seed: 2, EnvelopeLimits.MaxBytes, EnvelopeLimits.MaxBytes, EnvelopeLimits.MaxBytes);
        var c = await writer.AppendAsync(1, seed: 3, 10);

        Assert.Equal(3, disk.List("/data/wal").Count);
        await writer.AssertHoldsAsync(a, b, c);
        await using var again = Open(disk.Copy());
        await (await again.OpenShardAsync(1)).AssertHoldsAsync(a, b, c);
    }

    [Fact]
    public async Task A_new_file_is_durable_before_anything_in_it_is_acknowledged()
    {
        var disk = new SimulatedDisk();
        var log = Open(disk);
        var writer = await log.OpenShardAsync(1);
        var a = await writer.AppendAsync(1, seed: 1, 61_000);
        var b = await writer.AppendAsync(1, seed: 2, 61_000);
        var after = disk.LosePower(() => false);
        await log.DisposeAsync();

        await using var again = Open(after);
        await (await again.OpenShardAsync(1)).AssertHoldsAsync(a, b);
    }

    [Fact]
    public async Task One_read_may_span_files_and_ask_in_any_order()
    {
        var disk = new SimulatedDisk();
        await using var log = Open(disk);
        var writer = await log.OpenShardAsync(1);
        var a = await writer.AppendAsync(1, seed: 1, 61_000, 50, 60);
        var b = await writer.AppendAsync(1, seed: 2, 61_000, 70);

        var read = await writer.ReadAsync(writer.Index.Snapshot(), new ulong[] { 5, 2, 3, 2 }, Token);

        var (first, second) = (a.Bytes(), b.Bytes());
        byte[] expected = [.. second[61_000..], .. first[61_000..61_050], .. first[61_050..], .. first[61_000..61_050]];
        Assert.Equal(expected, read.Bytes);
    }
}
