namespace DChat.Libp2p.Protocols.Gossip.Scoring;

/// <summary>Makes scores of what the router tells that peers do.</summary>
internal sealed class ScoreKeeper(PeerScores scores) : IGossipObserver
{
    /// <summary>Misdeeds that something unreadable counts as: no honest peer sends it.</summary>
    internal const int MalformedMisdeeds = 4;

    internal PeerScores Scores => scores;

    public void Observe(in GossipEvent happened)
    {
        switch (happened.Kind)
        {
            case GossipEventKind.Connected:
                scores.AddPeer(happened.Peer, happened.Addresses);
                break;
            case GossipEventKind.Relocated:
                scores.Relocate(happened.Peer, happened.Addresses);
                break;
            case GossipEventKind.Disconnected:
                scores.RemovePeer(happened.Peer, happened.Time);
                break;
            case GossipEventKind.Grafted:
                scores.Graft(happened.Peer, happened.Topic!, happened.Time);
                break;
            case GossipEventKind.Pruned:
                scores.Prune(happened.Peer, happened.Topic!);
                break;
            case GossipEventKind.Accepted:
                scores.Deliver(happened.MessageId, happened.Topic!, happened.Peer, happened.Others, happened.Time);
                break;
            case GossipEventKind.Rejected:
                scores.Reject(happened.MessageId, happened.Topic!, happened.Peer, happened.Others, happened.Time);
                break;
            case GossipEventKind.Copied:
                scores.Copy(happened.MessageId, happened.Topic!, happened.Peer, happened.Time);
                break;
            case GossipEventKind.Faulty:
                Accuse(happened);
                break;
            case GossipEventKind.Misbehaved:
                scores.Penalize(happened.Peer, MisdeedsOf(happened));
                break;
        }
    }

    private void Accuse(in GossipEvent happened)
    {
        if (happened.Fault == GossipFault.Malformed)
        {
            scores.Penalize(happened.Peer, MalformedMisdeeds);
        }
        else if (happened is { Fault: GossipFault.Signature, Topic: { } topic })
        {
            scores.RejectUnnamed(topic, happened.Peer, happened.Time);
        }
    }

    // What goes beyond a limit is passed over, and may be honest: limits are this side's, and heartbeats are not in step.
    private static int MisdeedsOf(in GossipEvent happened) => happened.Misdeed switch
    {
        GossipMisdeed.EarlyGraft or GossipMisdeed.GraftFlood or GossipMisdeed.BrokenPromise => happened.Count,
        _ => 0,
    };
}
