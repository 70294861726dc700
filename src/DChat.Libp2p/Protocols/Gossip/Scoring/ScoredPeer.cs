using System.Net;
using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Protocols.Gossip.Scoring;

/// <summary>What is held about one peer, connected or retained.</summary>
internal sealed class ScoredPeer(PeerId id, long number)
{
    private double? _topicScore;

    internal PeerId Id => id;

    /// <summary>Grows from peer to peer.</summary>
    internal long Number => number;

    internal bool IsConnected { get; set; }

    /// <summary>The networks that count for P₆; the first is the narrowest of its first address.</summary>
    internal IReadOnlyList<IPNetwork> Networks { get; set; } = [];

    internal Dictionary<string, TopicStanding> Topics { get; } = new(StringComparer.Ordinal);

    /// <summary>The application's score when it was last asked.</summary>
    internal double Application { get; set; }

    /// <summary>The counter of P₇.</summary>
    internal double Misdeeds { get; set; }

    /// <summary>Whether it has done something bad since it connected, or since it was last cut.</summary>
    internal bool IsCharged { get; set; }

    /// <summary>Of one that has gone: when it is forgotten.</summary>
    internal TimeSpan Expires { get; set; }

    /// <summary>Of one that has gone: what its own doings come to.</summary>
    internal double RetainedScore { get; set; }

    /// <summary>The sum over topics, without cap.</summary>
    internal double TopicScore => _topicScore ??= Topics.Values.Sum(t => t.Score);

    /// <summary>A topic has changed.</summary>
    internal void Touch() => _topicScore = null;

    /// <summary>Misdeeds that count.</summary>
    internal double MisdeedsOver(double threshold) => Math.Max(0, Misdeeds - threshold);
}
