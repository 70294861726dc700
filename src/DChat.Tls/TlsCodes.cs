namespace DChat.Tls;

/// <summary>The codes of faults of TLS.</summary>
public static class TlsCodes
{
    /// <summary>A file cannot be read, or what it holds cannot be used here: final until the file changes.</summary>
    public const string Unusable = "tls-unusable";

    /// <summary>We do not accept the certificate of the other side.</summary>
    public const string PeerRefused = "tls-peer-refused";

    /// <summary>The other side does not accept our certificate.</summary>
    public const string Rejected = "tls-rejected";

    /// <summary>The other side does not answer as TLS does: most likely it speaks without.</summary>
    public const string NotSpoken = "tls-not-spoken";

    /// <summary>The other side hangs up on who comes without TLS: most likely it demands it.</summary>
    public const string Required = "tls-required";
}
