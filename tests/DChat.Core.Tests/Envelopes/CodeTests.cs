using DChat.Core.Envelopes;
using DChat.Core.Sealing;

namespace DChat.Core.Tests.Envelopes;

public sealed class CodeTests
{
    [Fact]
    public void Every_rejection_has_a_stable_code_of_its_own()
    {
        var codes = Enum.GetValues<RejectionCode>().Select(code => code.ToCode()).ToArray();
        Assert.Equal(codes.Length, codes.Distinct().Count());
        Assert.DoesNotContain("unknown", codes);
        Assert.Equal("unknown", ((RejectionCode)255).ToCode());
        Assert.Equal("over-quota", RejectionCode.OverQuota.ToCode());
    }

    [Fact]
    public void Every_open_status_has_a_stable_code_of_its_own()
    {
        var codes = Enum.GetValues<OpenStatus>().Select(status => status.ToCode()).ToArray();
        Assert.Equal(codes.Length, codes.Distinct().Count());
        Assert.DoesNotContain("unknown", codes);
        Assert.Equal("unknown", default(OpenStatus).ToCode());
    }

    [Fact]
    public void Only_what_may_pass_later_is_transient() => Assert.Equal(
        [
            RejectionCode.TimestampAhead, RejectionCode.OverQuota, RejectionCode.Overloaded, RejectionCode.StorageUnavailable,
            RejectionCode.ShardMoving, RejectionCode.StorageFull, RejectionCode.StorageFailed,
        ],
        Enum.GetValues<RejectionCode>().Where(code => code.IsTransient()));

    [Fact]
    public void Only_what_may_pass_later_says_when_to_try_again() => Assert.All(
        Enum.GetValues<RejectionCode>(), code => Assert.Equal(code.IsTransient(), code.RetryAfterMilliseconds() is > 0 and <= 2_000));
}
