using DChat.Core.Messages;
using DChat.Core.Topics;

namespace DChat.Abstractions;

/// <summary>The network a silo serves. Every relay of a network has the same values.</summary>
public sealed class NetworkOptions
{
    /// <summary>The network's name: 1–32 printable ASCII characters without a slash. Default <c>dchat-dev</c>.</summary>
    public string Network { get; set; } = "dchat-dev";

    /// <summary>How many top bits of a topic tag name its shard: 0–12. Default 4, which is 16 shards.</summary>
    public int ShardBits { get; set; } = 4;

    /// <summary>How many shards there are.</summary>
    public int ShardCount => 1 << ShardBits;

    /// <summary>Checks the ranges; returns what is wrong, naming option, value and range, or null.</summary>
    public string? Validate()
    {
        if (Network is not { Length: >= 1 and <= EnvelopeLimits.MaxNetworkLength }
            || Network.AsSpan().ContainsAnyExceptInRange('!', '~') || Network.Contains('/', StringComparison.Ordinal))
        {
            return $"Network is '{Network}', but must be 1–{EnvelopeLimits.MaxNetworkLength} printable ASCII characters without '/'.";
        }

        return ShardBits is < 0 or > ShardId.MaxBits ? $"ShardBits is {ShardBits}, but must be within 0–{ShardId.MaxBits}." : null;
    }
}
