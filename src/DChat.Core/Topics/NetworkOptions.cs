namespace DChat.Core.Topics;

/// <summary>The network a silo serves. Every relay of a network has the same values.</summary>
[OptionSection("DChat")]
public sealed class NetworkOptions
{
    /// <summary>The network's name, see <see cref="NetworkName"/>. Default <c>dchat-dev</c>.</summary>
    [Option("the network that the silo serves", Form = NetworkName.Rule, Switch = "--network")]
    public string Network { get; set; } = "dchat-dev";

    /// <summary>How many top bits of a topic tag name its shard: 0–12. Default 4, which is 16 shards.</summary>
    [Option("top bits of a topic tag that name its shard; the same on every relay of a network", Min = 0, Max = ShardId.MaxBits, Switch = "--shard-bits")]
    public int ShardBits { get; set; } = 4;

    /// <summary>How many shards there are.</summary>
    public int ShardCount => 1 << ShardBits;

    /// <summary>Checks every option.</summary>
    /// <exception cref="DChatException">An option is out of its range (<c>options-invalid</c>); the message names option and range.</exception>
    public void Validate()
    {
        OptionRules.Check(this);
        OptionRules.Require(NetworkName.IsValid(Network), this, nameof(Network));
    }
}
