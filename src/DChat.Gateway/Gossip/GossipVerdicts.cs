using DChat.Core.Envelopes;
using DChat.Core.Protocol;
using DChat.Libp2p.Protocols.Gossip;

namespace DChat.Gateway.Gossip;

/// <summary>The verdicts of <see cref="ForwardingRules"/> in the words of gossipsub.</summary>
internal static class GossipVerdicts
{
    public static GossipVerdict Of(RejectionCode code) => ForwardingRules.VerdictOf(code) switch
    {
        ForwardingVerdict.Accept => GossipVerdict.Accept,
        ForwardingVerdict.Reject => GossipVerdict.Reject,

        // These speak of who brought it, and not of the message: who is over its quota on purpose and first with the messages of
        // others would otherwise keep them from this relay.
        _ => code is RejectionCode.OverQuota or RejectionCode.Overloaded ? GossipVerdict.Defer : GossipVerdict.Ignore,
    };
}
