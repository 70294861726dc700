using DChat.Core.Envelopes;
using DChat.Libp2p.Protocols.Gossipsub;

namespace DChat.Gateway.Gossip;

/// <summary>
/// What admission's judgement means to gossip (DESIGN §5). Only what no honest peer forwards is rejected: form, network,
/// shard and signature, which every peer checks alike. The rest depends on clocks, versions, floors and quotas, in which
/// honest peers differ; it is ignored, or they would be graylisted for it.
/// </summary>
internal static class GossipVerdicts
{
    public static GossipVerdict Of(RejectionCode code) => code switch
    {
        RejectionCode.None => GossipVerdict.Accept,
        RejectionCode.Oversized or RejectionCode.NonCanonical or RejectionCode.WrongNetwork or RejectionCode.WrongShard
            or RejectionCode.BadSignature => GossipVerdict.Reject,
        _ => GossipVerdict.Ignore,
    };
}
