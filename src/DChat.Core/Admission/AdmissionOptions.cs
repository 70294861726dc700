using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Topics;

namespace DChat.Core.Admission;

/// <summary>What a relay admits beyond the parameters of its network (<see cref="NetworkOptions"/>).</summary>
[OptionSection("DChat:Admission")]
public sealed class AdmissionOptions
{
    /// <summary>The least <see cref="SeenCapacity"/>.</summary>
    public const int MinSeenCapacity = 16;

    /// <summary>The greatest <see cref="SeenCapacity"/>.</summary>
    public const int MaxSeenCapacity = 64 * 1024 * 1024;

    /// <summary>The greatest <see cref="RelayFactor"/>.</summary>
    public const int MaxRelayFactor = 64;

    /// <summary>How far ahead of this relay's clock a timestamp may be. Default 60 s, 1 s to 10 min.</summary>
    [Option("how far ahead of the silo's clock a message may be; the same on every relay of a network", Min = "00:00:01", Max = "00:10:00")]
    public TimeSpan MaxAhead { get; set; } = HybridLogicalClock.MaxAhead;

    /// <summary>How old a pushed or gossiped message may be. Default 24 h, 1 min to 30 d, the longest class without a permit.</summary>
    [Option("how old a published message may be; the same on every relay of a network", Min = "00:01:00", Max = "30.00:00:00")]
    public TimeSpan MaxAge { get; set; } = TimeSpan.FromHours(24);

    /// <summary>
    /// How many MessageIds the seen filter holds, about 50 bytes each. Default 262,144, <see cref="MinSeenCapacity"/> to
    /// <see cref="MaxSeenCapacity"/>. At least the newest half is always there.
    /// </summary>
    [Option("message ids remembered to drop copies early, about 50 bytes each", Min = MinSeenCapacity, Max = MaxSeenCapacity)]
    public int SeenCapacity { get; set; } = 262_144;

    /// <summary>
    /// The quota of each author key, and of what comes of it from one network until the shard has said that it is new. Keys
    /// are free, so this keeps one author from drowning a topic, no more. Default 32/s, burst 256, 65,536 keys.
    /// </summary>
    [OptionGroup("author key")]
    public QuotaOptions Author { get; set; } = new() { TokensPerSecond = 32, Burst = 256, MaxTracked = 65_536 };

    /// <summary>
    /// What all sources together may send to each topic tag before its rate is shared: then each network has its even part,
    /// and authors accepted from there before need not share half of that with newcomers. Default 512/s, burst 4,096, 65,536 tags
    /// and as many shares.
    /// </summary>
    [OptionGroup("topic")]
    public QuotaOptions Topic { get; set; } = new() { TokensPerSecond = 512, Burst = 4_096, MaxTracked = 65_536 };

    /// <summary>
    /// The quota of each caller: the one that bounds what a stranger costs, so it counts whatever is sent. A gossip
    /// peer may forward everybody's messages, so keep it above the network's rate. Default 8,192/s, burst 32,768, 16,384
    /// callers.
    /// </summary>
    [OptionGroup("caller")]
    public QuotaOptions Source { get; set; } = new() { TokensPerSecond = 8_192, Burst = 32_768, MaxTracked = 16_384 };

    /// <summary>
    /// The quota of each network, an IPv4 address or IPv6 /64: peers are free, so it bounds all of a network's together.
    /// Default 8,192/s, burst 32,768, 16,384 networks.
    /// </summary>
    [OptionGroup("IPv4 address or IPv6 /64")]
    public QuotaOptions Network { get; set; } = new() { TokensPerSecond = 8_192, Burst = 32_768, MaxTracked = 16_384 };

    /// <summary>
    /// How many times the quotas of a caller and its network a relay has that the operator vouches for. Default 4, 1 to
    /// <see cref="MaxRelayFactor"/>.
    /// </summary>
    [Option("how many times the quotas of Source and Network a peer of DChat:Libp2p:RelayPeers has", Min = 1, Max = MaxRelayFactor)]
    public int RelayFactor { get; set; } = 4;

    /// <summary>
    /// The floor of each class at start: what the network has pruned already, for a relay that joins it. None by default;
    /// 1970-01-01 or later.
    /// </summary>
    [Option("what the network has pruned of class {0} before this silo joined; nothing older is admitted", Form = "a time such as 2026-11-01T00:00:00Z", Default = "none")]
    public IDictionary<RetentionClass, DateTimeOffset> Floors { get; } = new Dictionary<RetentionClass, DateTimeOffset>();

    /// <summary>Checks every option.</summary>
    /// <exception cref="DChatException">
    /// An option is out of its range (<c>options-invalid</c>); the message names option and range.
    /// </exception>
    public void Validate()
    {
        OptionRules.Check(this);
        foreach (var (retention, floor) in Floors)
        {
            var option = $"{nameof(Floors)}.{retention}";
            OptionRange.Require(Enum.IsDefined(retention), option, floor, "of a known retention class");
            OptionRange.Require(floor >= DateTimeOffset.UnixEpoch, option, floor, "1970-01-01 or later");
        }
    }
}
