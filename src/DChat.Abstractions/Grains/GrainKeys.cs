using System.Globalization;
using DChat.Core;
using DChat.Core.Identity;
using DChat.Core.Keys;
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

    /// <summary>The key of an <see cref="IIdentityGrain"/>.</summary>
    public static string Identity(string network, IdentityId identity) => $"{network}/{identity}";

    /// <summary>The key of an <see cref="IDeviceStateGrain"/>.</summary>
    public static string DeviceState(string network, IdentityId identity, DeviceKey device) => $"{network}/{identity}/{device}";

    /// <summary>The identity of an <see cref="IIdentityGrain"/>'s key.</summary>
    /// <exception cref="DChatException">The key is none of this network's (<c>unknown-identity</c>).</exception>
    public static IdentityId ParseIdentity(string key, string network) =>
        Parts(key, network) is [var identity] && Bytes32.TryParse(identity, out var id) && Identity(network, new IdentityId(id)) == key
            ? new IdentityId(id)
            : throw UnknownIdentity(key, network);

    /// <summary>The identity and the device of an <see cref="IDeviceStateGrain"/>'s key.</summary>
    /// <exception cref="DChatException">The key is none of this network's (<c>unknown-identity</c>).</exception>
    public static (IdentityId Identity, DeviceKey Device) ParseDeviceState(string key, string network) =>
        Parts(key, network) is [var identity, var device] && Bytes32.TryParse(identity, out var id) && Bytes32.TryParse(device, out var deviceKey)
        && DeviceState(network, new IdentityId(id), new DeviceKey(deviceKey)) == key
            ? (new IdentityId(id), new DeviceKey(deviceKey))
            : throw UnknownIdentity(key, network);

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

    private static string[] Parts(string key, string network)
    {
        ArgumentNullException.ThrowIfNull(key);
        return key.StartsWith(network + "/", StringComparison.Ordinal) ? key[(network.Length + 1)..].Split('/') : [];
    }

    private static DChatException UnknownIdentity(string key, string network) =>
        new("unknown-identity", $"'{key}' is no identity of network {network}.");
}
