using DChat.Core.Envelopes;
using DChat.Gateway.Gossip;
using DChat.Libp2p.Protocols.Gossipsub;

namespace DChat.Gateway.Tests.Gossip;

public sealed class GossipVerdictTests
{
    [Fact]
    public void Only_what_every_honest_peer_checks_alike_is_rejected()
    {
        RejectionCode[] rejected =
        [
            RejectionCode.Oversized, RejectionCode.NonCanonical, RejectionCode.WrongNetwork, RejectionCode.WrongShard, RejectionCode.BadSignature,
        ];
        foreach (var code in Enum.GetValues<RejectionCode>())
        {
            var expected = code == RejectionCode.None ? GossipVerdict.Accept
                : rejected.Contains(code) ? GossipVerdict.Reject
                : GossipVerdict.Ignore;
            Assert.Equal((code, expected), (code, GossipVerdicts.Of(code)));
        }
    }
}
