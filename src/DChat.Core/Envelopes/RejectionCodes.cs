using System.Collections.Frozen;

namespace DChat.Core.Envelopes;

/// <summary>The text form of <see cref="RejectionCode"/>, as it stands in errors, metrics and logs.</summary>
public static class RejectionCodes
{
    private static readonly FrozenDictionary<RejectionCode, string> Names = new Dictionary<RejectionCode, string>
    {
        [RejectionCode.None] = "none",
        [RejectionCode.Oversized] = "oversized",
        [RejectionCode.NonCanonical] = "non-canonical",
        [RejectionCode.UnknownVersion] = "unknown-version",
        [RejectionCode.WrongNetwork] = "wrong-network",
        [RejectionCode.WrongShard] = "wrong-shard",
        [RejectionCode.UnknownClass] = "unknown-class",
        [RejectionCode.PermitRequired] = "permit-required",
        [RejectionCode.PermitInvalid] = "permit-invalid",
        [RejectionCode.TimestampAhead] = "timestamp-ahead",
        [RejectionCode.BelowFloor] = "below-floor",
        [RejectionCode.Stale] = "stale",
        [RejectionCode.OverQuota] = "over-quota",
        [RejectionCode.BadSignature] = "bad-signature",
        [RejectionCode.Overloaded] = "overloaded",
        [RejectionCode.StorageUnavailable] = "storage-unavailable",
        [RejectionCode.ShardMoving] = "shard-moving",
        [RejectionCode.StorageFull] = "storage-full",
        [RejectionCode.StorageFailed] = "storage-failed",
    }.ToFrozenDictionary();

    /// <summary>The stable code, lower case with hyphens.</summary>
    public static string ToCode(this RejectionCode code) => Names.TryGetValue(code, out var name) ? name : "unknown";

    /// <summary>Whether the same message may be accepted later without a change.</summary>
    public static bool IsTransient(this RejectionCode code) => code.RetryAfterMilliseconds() > 0;

    /// <summary>
    /// How long to wait at least before the same message is sent again, in milliseconds: about as long as what is in the
    /// way takes. 0 for what does not pass.
    /// </summary>
    public static int RetryAfterMilliseconds(this RejectionCode code) => code switch
    {
        RejectionCode.ShardMoving => 50,
        RejectionCode.Overloaded => 100,
        RejectionCode.OverQuota => 250,
        RejectionCode.StorageUnavailable => 500,
        RejectionCode.TimestampAhead => 1_000,
        RejectionCode.StorageFull or RejectionCode.StorageFailed => 2_000,
        _ => 0,
    };
}
