using System.Globalization;
using DChat.Core;
using DChat.Core.Topics;

namespace DChat.Abstractions.Grains;

/// <summary>The one place that forms grain keys.</summary>
public static class GrainKeys
{
    /// <summary>The key of a <see cref="ISyncShardGrain"/>.</summary>
    public static string Shard(string network, ShardId shard) => $"{network}/{shard}";

    /// <summary>The key of a <see cref="IPeerSetGrain"/>.</summary>
    /// <param name="gateway">The gateway's PeerId as text.</param>
    public static string PeerSet(string gateway) => gateway;

    /// <summary>The key of the <see cref="IGatewayDirectoryGrain"/>.</summary>
    public static string GatewayDirectory(string network) => network;

    /// <summary>The key of the <see cref="ILogBindingGrain"/>.</summary>
    public static string LogBinding(string network) => network;

    /// <summary>The shard of a <see cref="ISyncShardGrain"/>'s key.</summary>
    /// <exception cref="DChatException">The key is not one of this network's shards (<c>unknown-shard</c>).</exception>
    public static ShardId ParseShard(string key, NetworkOptions network)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(network);
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        if (slash >= 0
            && key.AsSpan(0, slash).SequenceEqual(network.Network)
            && ushort.TryParse(key.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var shard)
            && shard < network.ShardCount
            && Shard(network.Network, new ShardId(shard)) == key)
        {
            return new ShardId(shard);
        }

        throw new DChatException(
            "unknown-shard",
            $"'{key}' is not a shard of network {network.Network}, which has shards 0–{network.ShardCount - 1}.");
    }
}
