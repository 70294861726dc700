using DChat.Core.Envelopes;
using DChat.Core.Protocol;

namespace DChat.Core.Tests.Protocol;

public sealed class ForwardingRulesTests
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
            var expected = code == RejectionCode.None ? ForwardingVerdict.Accept
                : rejected.Contains(code) ? ForwardingVerdict.Reject
                : ForwardingVerdict.Ignore;
            Assert.Equal((code, expected), (code, ForwardingRules.VerdictOf(code)));
        }
    }
}
