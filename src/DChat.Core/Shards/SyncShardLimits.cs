namespace DChat.Core.Shards;

/// <summary>How much a shard holds in memory between an offer and its commit. Beyond it, offers are rejected as overloaded.</summary>
public static class SyncShardLimits
{
    /// <summary>The most messages that wait for a commit, the one in flight included.</summary>
    public const int MaxPendingMessages = 16_384;

    /// <summary>The most envelope bytes that wait for a commit, the one in flight included.</summary>
    public const int MaxPendingBytes = 16 * 1024 * 1024;

    /// <summary>The most messages in one append.</summary>
    public const int MaxAppendMessages = 1_024;

    /// <summary>The most envelope bytes in one append.</summary>
    public const int MaxAppendBytes = 1024 * 1024;
}
