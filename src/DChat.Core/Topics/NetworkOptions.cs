namespace DChat.Core.Topics;

/// <summary>The network a silo serves. Every relay of a network has the same values.</summary>
public sealed class NetworkOptions
{
    /// <summary>The network's name, see <see cref="NetworkName"/>. Default <c>dchat-dev</c>.</summary>
    public string Network { get; set; } = "dchat-dev";

    /// <summary>How many top bits of a topic tag name its shard: 0–12. Default 4, which is 16 shards.</summary>
    public int ShardBits { get; set; } = 4;

    /// <summary>How many shards there are.</summary>
    public int ShardCount => 1 << ShardBits;

    /// <summary>Checks every option.</summary>
    /// <exception cref="DChatException">An option is out of its range (<c>options-invalid</c>); the message names option and range.</exception>
    public void Validate()
    {
        OptionRange.Require(NetworkName.IsValid(Network), nameof(Network), Network, NetworkName.Rule);
        OptionRange.Check(nameof(ShardBits), ShardBits, 0, ShardId.MaxBits);
    }
}
