using System.Net;
using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Protocols.Gossip.Scoring;

/// <summary>
/// How peers are scored, and what a score costs (gossipsub-v1.1.md, "Peer Scoring"). Topics count only where
/// <see cref="GossipTopicOptions.Score"/> says so; the rest counts for every peer.
/// </summary>
public sealed class PeerScoreOptions
{
    /// <summary>The most peers and records that can be configured.</summary>
    public const int MaxLimit = 1_000_000;

    /// <summary>Below it nothing is told about ids, and nothing that the peer tells is heard. Default -10; at most 0.</summary>
    public double GossipThreshold { get; set; } = -10;

    /// <summary>Below it own messages do not go to the peer. Default -50; at most <see cref="GossipThreshold"/>.</summary>
    public double PublishThreshold { get; set; } = -50;

    /// <summary>Below it nothing of the peer is read. Default -80; at most <see cref="PublishThreshold"/>.</summary>
    public double GraylistThreshold { get; set; } = -80;

    /// <summary>From it on the peers that a pruning peer offers are taken. Default 10; at least 0.</summary>
    public double AcceptExchangeThreshold { get; set; } = 10;

    /// <summary>When the median of a mesh is below it, better peers are grafted. Default 20; at least 0.</summary>
    public double OpportunisticGraftThreshold { get; set; } = 20;

    /// <summary>The most that all topics together can add to a score. Default 40; at least 0, which means no cap.</summary>
    public double TopicScoreCap { get; set; } = 40;

    /// <summary>
    /// P₅: what the application thinks of a peer, any finite number. Default null: 0. Called every <see cref="DecayInterval"/> for
    /// every connected peer while gossip waits, so it must be quick; must not throw.
    /// </summary>
    public Func<PeerId, double>? ApplicationScore { get; set; }

    /// <summary>w₅. Default 10; at least 0.</summary>
    public double ApplicationWeight { get; set; } = 10;

    /// <summary>w₆, for the square of the number of peers over a threshold, of every network that the peer is in. Default -5; at most 0.</summary>
    public double ColocationWeight { get; set; } = -5;

    /// <summary>Connected peers of one IPv4 address or IPv6 /64 that cost nothing. Default 10; 1 to <see cref="MaxLimit"/>.</summary>
    public int ColocationThreshold { get; set; } = 10;

    /// <summary>The same of an IPv4 /24, IPv6 /56 or /48. Default 50; <see cref="ColocationThreshold"/> to <see cref="MaxLimit"/>.</summary>
    public int WideColocationThreshold { get; set; } = 50;

    /// <summary>Networks whose peers do not count for P₆. Default the loopback addresses.</summary>
    public IList<IPNetwork> ColocationExempt { get; } = [IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("::1/128")];

    /// <summary>w₇, for the square of the misdeeds over <see cref="BehaviourThreshold"/>. Default -10; at most 0.</summary>
    public double BehaviourWeight { get; set; } = -10;

    /// <summary>Misdeeds that cost nothing: a promise may be broken by a lost connection. Default 6; at least 0.</summary>
    public double BehaviourThreshold { get; set; } = 6;

    /// <summary>Decay of P₇. Default 0.97; above 0, below 1.</summary>
    public double BehaviourDecay { get; set; } = 0.97;

    /// <summary>Time between decays. Default 1 s; at least 1 s.</summary>
    public TimeSpan DecayInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>A counter below it is 0. Default 0.1; above 0, below 1.</summary>
    public double DecayToZero { get; set; } = 0.1;

    /// <summary>Time that what speaks against a peer is kept after it has gone, without decay. Default 1 h; 1 s to 7 days.</summary>
    public TimeSpan RetainScore { get; set; } = TimeSpan.FromHours(1);

    /// <summary>
    /// Whether a peer is closed that falls below <see cref="GraylistThreshold"/> by what it does, and refused for
    /// <see cref="RefusalTime"/>. Default yes. When not, it stays and nothing of it is read.
    /// </summary>
    public bool DisconnectsGraylisted { get; set; } = true;

    /// <summary>Time that a peer is refused that was closed for its score. Default 10 min; 1 s to 1 day.</summary>
    public TimeSpan RefusalTime { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Peers kept that have gone; the least harmful are forgotten first. Default 4096; 0, which keeps nobody, to <see cref="MaxLimit"/>.</summary>
    public int MaxRetainedPeers { get; set; } = 4096;

    /// <summary>The same of one IPv4 address or IPv6 /64, so that one alone cannot push out the rest. Default 64; 0 to <see cref="MaxRetainedPeers"/>.</summary>
    public int MaxRetainedPerNetwork { get; set; } = 64;

    /// <summary>
    /// Rejected messages remembered, so that whoever brings them later is charged too; and as many accepted ones, where it matters
    /// who brings them. When there are more, the oldest is forgotten early. Default 16,384; 0 to <see cref="MaxLimit"/>.
    /// </summary>
    public int MaxDeliveryRecords { get; set; } = 16_384;

    /// <summary>The decay that makes a hundredth of a counter in so much time.</summary>
    /// <param name="time">How long; at least one interval.</param>
    /// <param name="interval">The <see cref="DecayInterval"/>; 1 s when null.</param>
    /// <exception cref="ArgumentOutOfRangeException">The time is shorter than the interval, or that is not positive.</exception>
    public static double DecayOver(TimeSpan time, TimeSpan? interval = null)
    {
        var step = interval ?? TimeSpan.FromSeconds(1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(step, TimeSpan.Zero, nameof(interval));
        ArgumentOutOfRangeException.ThrowIfLessThan(time, step);
        return Math.Pow(0.01, step / time);
    }

    /// <summary>What is wrong, one sentence each; empty when all is well.</summary>
    internal IReadOnlyList<string> Validate()
    {
        var rules = new ScoreRules();
        rules.AtMost(nameof(GossipThreshold), GossipThreshold, 0);
        rules.AtMost(nameof(PublishThreshold), PublishThreshold, GossipThreshold);
        rules.AtMost(nameof(GraylistThreshold), GraylistThreshold, PublishThreshold);
        rules.AtLeast(nameof(AcceptExchangeThreshold), AcceptExchangeThreshold, 0);
        rules.AtLeast(nameof(OpportunisticGraftThreshold), OpportunisticGraftThreshold, 0);
        rules.AtLeast(nameof(TopicScoreCap), TopicScoreCap, 0);
        rules.AtLeast(nameof(ApplicationWeight), ApplicationWeight, 0);
        rules.AtMost(nameof(ColocationWeight), ColocationWeight, 0);
        rules.Between(nameof(ColocationThreshold), ColocationThreshold, 1, MaxLimit);
        rules.Between(nameof(WideColocationThreshold), WideColocationThreshold, ColocationThreshold, MaxLimit);
        rules.AtMost(nameof(BehaviourWeight), BehaviourWeight, 0);
        rules.AtLeast(nameof(BehaviourThreshold), BehaviourThreshold, 0);
        rules.Decay(nameof(BehaviourDecay), BehaviourDecay);
        rules.AtLeast(nameof(DecayInterval), DecayInterval, TimeSpan.FromSeconds(1));
        rules.Decay(nameof(DecayToZero), DecayToZero);
        rules.Between(nameof(RetainScore), RetainScore, TimeSpan.FromSeconds(1), TimeSpan.FromDays(7));
        rules.Between(nameof(RefusalTime), RefusalTime, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1));
        rules.Between(nameof(MaxRetainedPeers), MaxRetainedPeers, 0, MaxLimit);
        rules.Between(nameof(MaxRetainedPerNetwork), MaxRetainedPerNetwork, 0, MaxRetainedPeers);
        rules.Between(nameof(MaxDeliveryRecords), MaxDeliveryRecords, 0, MaxLimit);
        return rules.Faults;
    }
}
