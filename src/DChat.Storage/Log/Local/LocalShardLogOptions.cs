using DChat.Core;
using DChat.Core.Topics;

namespace DChat.Storage.Log.Local;

/// <summary>How the local shard log keeps its files. A value out of its range stops the process at start.</summary>
[OptionSection("DChat:Log")]
public sealed class LocalShardLogOptions
{
    /// <summary>The smallest <see cref="SegmentBytes"/>: 64 KiB.</summary>
    public const long MinSegmentBytes = 64 * 1024;

    /// <summary>The largest <see cref="SegmentBytes"/>: 1 GiB.</summary>
    public const long MaxSegmentBytes = 1L << 30;

    /// <summary>The smallest <see cref="CheckpointBytes"/>: 64 KiB.</summary>
    public const long MinCheckpointBytes = 64 * 1024;

    /// <summary>The largest <see cref="CheckpointBytes"/>: 16 GiB.</summary>
    public const long MaxCheckpointBytes = 1L << 34;

    /// <summary>The data directory; created if it is missing. One log at a time may have it open. Default <c>./data</c>.</summary>
    public string Directory { get; set; } = "./data";

    /// <summary>
    /// The network whose messages the log keeps, see <see cref="NetworkName"/>; a directory made for another network is refused.
    /// Default <c>dchat-dev</c>.
    /// </summary>
    public string Network { get; set; } = "dchat-dev";

    /// <summary>How many top bits of a topic tag name its shard, 0 to 12; a directory made for another number is refused. Default 4.</summary>
    public int ShardBits { get; set; } = 4;

    /// <summary>
    /// Bytes after which the log goes on in a new file, 64 KiB to 1 GiB. A file exceeds it only by a single group that is
    /// larger. Default 256 MiB.
    /// </summary>
    [Option("size at which the log goes on in a new file", Min = MinSegmentBytes, Max = MaxSegmentBytes, Unit = "bytes")]
    public long SegmentBytes { get; set; } = 256L << 20;

    /// <summary>
    /// Bytes of log after which the index is written down again, 64 KiB to 16 GiB: what a start after a crash has to read at
    /// most, against writing about 7 bytes of index for 100 bytes of log more often. Default 64 MiB.
    /// </summary>
    [Option("log written between two copies of the index: what a start after a crash has to read at most", Min = MinCheckpointBytes, Max = MaxCheckpointBytes, Unit = "bytes")]
    public long CheckpointBytes { get; set; } = 64L << 20;

    /// <summary>Names the first option that is out of its range, and the range; null when all are within.</summary>
    internal string? Problem() =>
        Check(!string.IsNullOrWhiteSpace(Directory), nameof(Directory), Directory, "a path")
        ?? Check(NetworkName.IsValid(Network), nameof(Network), Network, NetworkName.Rule)
        ?? Check(ShardBits is >= 0 and <= ShardId.MaxBits, nameof(ShardBits), ShardBits, $"0 to {ShardId.MaxBits}")
        ?? RangeProblem();

    private string? RangeProblem()
    {
        try
        {
            OptionRules.Check(this);
            return null;
        }
        catch (DChatException fault)
        {
            return fault.Message;
        }
    }

    private static string? Check(bool holds, string name, object? value, string range) =>
        holds ? null : $"{name} is {value ?? "null"}; it must be {range}.";
}
