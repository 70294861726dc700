using DChat.Core.Envelopes;
using DChat.Gateway.Gossip;
using DChat.Libp2p.Protocols.Gossip;

namespace DChat.Gateway.Tests.Gossip;

public sealed class GossipVerdictTests
{
    [Fact]
    public void Only_what_every_honest_peer_checks_alike_is_rejected_and_what_speaks_of_the_sender_is_deferred()
    {
        RejectionCode[] rejected =
        [
            RejectionCode.Oversized, RejectionCode.NonCanonical, RejectionCode.WrongNetwork, RejectionCode.WrongShard, RejectionCode.BadSignature,
        ];
        foreach (var code in Enum.GetValues<RejectionCode>())
        {
            var expected = code == RejectionCode.None ? GossipVerdict.Accept
                : rejected.Contains(code) ? GossipVerdict.Reject
                : code is RejectionCode.OverQuota or RejectionCode.Overloaded ? GossipVerdict.Defer
                : GossipVerdict.Ignore;
            Assert.Equal((code, expected), (code, GossipVerdicts.Of(code)));
        }
    }
}
