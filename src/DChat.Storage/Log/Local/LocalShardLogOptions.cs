using System.Text;
using DChat.Core.Messages;
using DChat.Core.Topics;

namespace DChat.Storage.Log.Local;

/// <summary>How the local shard log keeps its files. A value out of its range stops the process at start.</summary>
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
    /// The network whose messages the log keeps, 1 to 32 ASCII characters; a directory made for another network is refused.
    /// Default <c>dchat-dev</c>.
    /// </summary>
    public string Network { get; set; } = "dchat-dev";

    /// <summary>How many top bits of a topic tag name its shard, 0 to 12; a directory made for another number is refused. Default 4.</summary>
    public int ShardBits { get; set; } = 4;

    /// <summary>
    /// Bytes after which the log goes on in a new file, 64 KiB to 1 GiB. A file exceeds it only by a single group that is
    /// larger. Default 256 MiB.
    /// </summary>
    public long SegmentBytes { get; set; } = 256L << 20;

    /// <summary>
    /// Bytes of log after which the index is written down again, 64 KiB to 16 GiB: what a start after a crash has to read at
    /// most, against writing about 7 bytes of index for 100 bytes of log more often. Default 64 MiB.
    /// </summary>
    public long CheckpointBytes { get; set; } = 64L << 20;

    /// <summary>Names the first option that is out of its range, and the range; null when all are within.</summary>
    internal string? Problem() =>
        Check(!string.IsNullOrWhiteSpace(Directory), nameof(Directory), Directory, "a path")
        ?? Check(
            Network is { Length: >= 1 and <= EnvelopeLimits.MaxNetworkLength } && Ascii.IsValid(Network),
            nameof(Network), Network, $"1 to {EnvelopeLimits.MaxNetworkLength} ASCII characters")
        ?? Check(ShardBits is >= 0 and <= ShardId.MaxBits, nameof(ShardBits), ShardBits, $"0 to {ShardId.MaxBits}")
        ?? Check(
            SegmentBytes is >= MinSegmentBytes and <= MaxSegmentBytes,
            nameof(SegmentBytes), SegmentBytes, $"{MinSegmentBytes} to {MaxSegmentBytes} bytes")
        ?? Check(
            CheckpointBytes is >= MinCheckpointBytes and <= MaxCheckpointBytes,
            nameof(CheckpointBytes), CheckpointBytes, $"{MinCheckpointBytes} to {MaxCheckpointBytes} bytes");

    private static string? Check(bool holds, string name, object? value, string range) =>
        holds ? null : $"{name} is {value ?? "null"}; it must be {range}.";
}
