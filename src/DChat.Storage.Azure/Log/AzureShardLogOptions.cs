using DChat.Core;
using DChat.Core.Topics;

namespace DChat.Storage.Azure.Log;

/// <summary>How the shard log in Azure Storage keeps its blobs. A value out of its range stops the process at start.</summary>
[OptionSection("DChat:Azure:Log")]
public sealed class AzureShardLogOptions
{
    /// <summary>The smallest <see cref="BlobBytes"/>: 4 MiB.</summary>
    public const long MinBlobBytes = 4 << 20;

    /// <summary>The largest <see cref="BlobBytes"/>: 1 GiB.</summary>
    public const long MaxBlobBytes = 1L << 30;

    private const int ShortestContainer = 3;
    private const int LongestContainer = 63;

    /// <summary>The container of the log; made if it is not there, and used by one cluster. Default <c>dchat-log</c>.</summary>
    [Option("the blob container of messages where DChat:Storage:Log is Azure, made if it is not there; one for each cluster", Form = "3 to 63 of a-z, 0-9 and single '-', starting and ending with a letter or digit")]
    public string Container { get; set; } = "dchat-log";

    /// <summary>Bytes after which a shard goes on in a new blob, 4 MiB to 1 GiB. What is released is freed blob by blob. Default 256 MiB.</summary>
    [Option("size at which a shard of the log goes on in a new blob", Min = MinBlobBytes, Max = MaxBlobBytes, Unit = "bytes")]
    public long BlobBytes { get; set; } = 256L << 20;

    /// <summary>The network whose messages the log keeps, see <see cref="NetworkName"/>; a container made for another is refused. Default <c>dchat-dev</c>.</summary>
    public string Network { get; set; } = "dchat-dev";

    /// <summary>How many top bits of a topic tag name its shard, 0 to 12; a container made for another number is refused. Default 4.</summary>
    public int ShardBits { get; set; } = 4;

    /// <summary>Appends after which a shard goes on in a new blob; a blob takes 50,000.</summary>
    internal int BlobBlocks { get; set; } = 40_000;

    /// <summary>How often a request is made whose answer does not come or says to try again.</summary>
    internal int Attempts { get; set; } = 4;

    /// <summary>How long one of these may take. A grain's caller waits 30 s in all.</summary>
    internal TimeSpan AttemptTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The pause after the first of them; doubled after each.</summary>
    internal TimeSpan Pause { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest pause that the service may ask for while a batch waits; beyond it the batch is refused.</summary>
    internal TimeSpan MaxPause { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How much of the segments' blobs is kept in memory, beside the heads of their side indexes.</summary>
    internal long CacheBytes { get; set; } = 64 << 20;

    /// <summary>Checks every option.</summary>
    /// <exception cref="DChatException">An option is out of its range (<c>options-invalid</c>); the message names it.</exception>
    public void Validate()
    {
        OptionRules.Check(this);
        OptionRules.Require(IsContainer(Container), this, nameof(Container));
        OptionRange.Require(NetworkName.IsValid(Network), nameof(Network), Network, NetworkName.Rule);
        OptionRange.Require(ShardBits is >= 0 and <= ShardId.MaxBits, nameof(ShardBits), ShardBits, $"0 to {ShardId.MaxBits}");
    }

    /// <summary>Whether Azure takes the text for the name of a container.</summary>
    public static bool IsContainer(string name) =>
        name is { Length: >= ShortestContainer and <= LongestContainer }
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')
        && name[0] != '-' && name[^1] != '-' && !name.Contains("--", StringComparison.Ordinal);
}
