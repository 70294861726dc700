using DChat.Core.Envelopes;
using DChat.Core.Protocol;
using DChat.Libp2p.Protocols.Gossipsub;

namespace DChat.Gateway.Gossip;

/// <summary>The verdicts of <see cref="ForwardingRules"/> in the words of gossipsub.</summary>
internal static class GossipVerdicts
{
    public static GossipVerdict Of(RejectionCode code) => ForwardingRules.VerdictOf(code) switch
    {
        ForwardingVerdict.Accept => GossipVerdict.Accept,
        ForwardingVerdict.Reject => GossipVerdict.Reject,
        _ => GossipVerdict.Ignore,
    };
}
