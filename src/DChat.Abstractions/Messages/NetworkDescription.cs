namespace DChat.Abstractions.Messages;

/// <summary>What a client must know of the network before it can seal or subscribe.</summary>
[GenerateSerializer, Immutable, Alias("dchat.NetworkDescription")]
public sealed class NetworkDescription(string network, int shardBits)
{
    /// <summary>The network name, at most 32 ASCII characters.</summary>
    [Id(0)]
    public string Network { get; } = network;

    /// <summary>How many top bits of a topic tag name its shard, 0–12.</summary>
    [Id(1)]
    public int ShardBits { get; } = shardBits;
}
