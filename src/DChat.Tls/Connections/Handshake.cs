namespace DChat.Tls.Connections;

/// <summary>How the handshake of one connection goes. The judgement of a certificate does not know its connection, so this travels with the call.</summary>
internal sealed class Handshake
{
    private static readonly AsyncLocal<Handshake?> Ambient = new();

    /// <summary>The handshake that this call belongs to.</summary>
    public static Handshake? Current => Ambient.Value;

    /// <summary>What is wrong with the peer's certificate; null when nothing is, or it was not seen.</summary>
    public string? CertificateFault { get; set; }

    /// <summary>Whether TLS is established, as far as this side knows: in TLS 1.3 the other may still refuse our certificate.</summary>
    public bool IsDone { get; private set; }

    /// <summary>Begins one, for this call and those below it.</summary>
    public static Handshake Begin()
    {
        var handshake = new Handshake();
        Ambient.Value = handshake;
        return handshake;
    }

    /// <summary>Ends it: what comes above lives as long as the connection and needs nothing of it.</summary>
    public void End()
    {
        IsDone = true;
        Ambient.Value = null;
    }
}
