using DChat.Core.Admission;
using DChat.Core.Envelopes;

namespace DChat.Core.Tests.Admission;

public sealed class AdmissionResultTests
{
    [Fact]
    public void What_nobody_judged_is_not_admitted()
    {
        AdmissionResult unjudged = default;

        Assert.False(unjudged.IsAdmitted);
        Assert.False(unjudged.IsDeferred);
    }

    [Fact]
    public void Every_verdict_says_that_it_is_one()
    {
        Assert.False(default(AdmissionResult).IsJudged);
        Assert.True(new Doorway().Admit(Given.Envelope()).IsJudged);
        Assert.True(AdmissionResult.Rejected(RejectionCode.Stale).IsJudged);
        Assert.True(AdmissionResult.Deferred(RejectionCode.Overloaded, TimeSpan.FromSeconds(1)).IsJudged);
    }

    [Fact]
    public void A_refusal_gives_a_reason()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => AdmissionResult.Rejected(RejectionCode.None));
        Assert.Throws<ArgumentOutOfRangeException>(() => AdmissionResult.Deferred(RejectionCode.None, TimeSpan.FromSeconds(1)));
    }
}
