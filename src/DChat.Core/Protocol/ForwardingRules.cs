using DChat.Core.Envelopes;

namespace DChat.Core.Protocol;

/// <summary>
/// What admission's judgement means to gossip (<c>gossip.md</c>). Only what no honest peer forwards is rejected: form,
/// network, shard and signature, which every peer checks alike. The rest depends on clocks, versions, floors and quotas, in
/// which honest peers differ; rejecting it would expel them for what they forward.
/// </summary>
public static class ForwardingRules
{
    /// <summary>The verdict that goes with a judgement.</summary>
    public static ForwardingVerdict VerdictOf(RejectionCode code) => code switch
    {
        RejectionCode.None => ForwardingVerdict.Accept,
        RejectionCode.Oversized or RejectionCode.NonCanonical or RejectionCode.WrongNetwork or RejectionCode.WrongShard
            or RejectionCode.BadSignature => ForwardingVerdict.Reject,
        _ => ForwardingVerdict.Ignore,
    };
}
