using DChat.Storage.Log.Local;

namespace DChat.Storage.Tests.Log.Local;

public sealed class LocalShardLogOptionsTests
{
    public static TheoryData<string, Action<LocalShardLogOptions>> OutOfRange => new()
    {
        { "Directory", options => options.Directory = " " },
        { "Network", options => options.Network = "" },
        { "Network", options => options.Network = new string('n', 33) },
        { "Network", options => options.Network = "nätwork" },
        { "ShardBits", options => options.ShardBits = -1 },
        { "ShardBits", options => options.ShardBits = 13 },
        { "SegmentBytes", options => options.SegmentBytes = LocalShardLogOptions.MinSegmentBytes - 1 },
        { "SegmentBytes", options => options.SegmentBytes = LocalShardLogOptions.MaxSegmentBytes + 1 },
        { "CheckpointBytes", options => options.CheckpointBytes = LocalShardLogOptions.MinCheckpointBytes - 1 },
        { "CheckpointBytes", options => options.CheckpointBytes = LocalShardLogOptions.MaxCheckpointBytes + 1 },
    };

    public static TheoryData<Action<LocalShardLogOptions>> InRange => new()
    {
        options => { },
        options => options.Network = new string('n', 32),
        options => options.ShardBits = 0,
        options => options.ShardBits = 12,
        options => options.SegmentBytes = LocalShardLogOptions.MinSegmentBytes,
        options => options.SegmentBytes = LocalShardLogOptions.MaxSegmentBytes,
        options => options.CheckpointBytes = LocalShardLogOptions.MinCheckpointBytes,
        options => options.CheckpointBytes = LocalShardLogOptions.MaxCheckpointBytes,
    };

    [Theory]
    [MemberData(nameof(OutOfRange), DisableDiscoveryEnumeration = true)]
    public void An_option_out_of_its_range_is_named(string name, Action<LocalShardLogOptions> change)
    {
        var options = new LocalShardLogOptions();
        change(options);
        var disk = new SimulatedDisk();

        var error = Assert.Throws<ArgumentException>(() => LocalShardLog.Open(options, disk, null));
        Assert.Contains($"LocalShardLogOptions.{name} is ", error.Message, StringComparison.Ordinal);
        Assert.Empty(disk.Calls);
    }

    [Theory]
    [MemberData(nameof(InRange), DisableDiscoveryEnumeration = true)]
    public void An_option_at_the_end_of_its_range_is_taken(Action<LocalShardLogOptions> change)
    {
        var options = new LocalShardLogOptions();
        change(options);

        LocalShardLog.Open(options, new SimulatedDisk(), null).Dispose();
    }
}
