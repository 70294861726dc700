namespace DChat.Core.Sealing;

/// <summary>The text form of <see cref="OpenStatus"/>, as it stands in errors, metrics and logs.</summary>
public static class OpenStatuses
{
    /// <summary>The stable code, lower case with hyphens.</summary>
    public static string ToCode(this OpenStatus status) => status switch
    {
        OpenStatus.Opened => "opened",
        OpenStatus.Malformed => "malformed",
        OpenStatus.Unsupported => "unsupported",
        OpenStatus.NotThisTopic => "not-this-topic",
        OpenStatus.BadSignature => "bad-signature",
        OpenStatus.Undecipherable => "undecipherable",
        OpenStatus.BadPayload => "bad-payload",
        OpenStatus.BadCertificate => "bad-certificate",
        _ => "unknown",
    };
}
