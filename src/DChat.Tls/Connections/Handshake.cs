using DChat.Core.Admission;

namespace DChat.Tls.Connections;

/// <summary>How the handshake of one connection goes. The judgement of a certificate does not know its connection, so this travels with the call.</summary>
internal sealed class Handshake(NetworkPrefix network = default, Action? hangUp = null)
{
    private static readonly AsyncLocal<Handshake?> Ambient = new();

    /// <summary>The handshake that this call belongs to.</summary>
    public static Handshake? Current => Ambient.Value;

    /// <summary>Where the peer comes from; of no meaning where we dial.</summary>
    public NetworkPrefix Network { get; } = network;

    /// <summary>Its place among those of the same port; later ones have higher numbers.</summary>
    public long Number { get; set; }

    /// <summary>What is wrong with the peer's certificate; null when nothing is, or it was not seen.</summary>
    public string? CertificateFault { get; set; }

    /// <summary>Whether it was ended for another one.</summary>
    public bool MadeWay { get; private set; }

    /// <summary>Whether TLS is established, as far as this side knows: in TLS 1.3 the other may still refuse our certificate.</summary>
    public bool IsDone { get; private set; }

    /// <summary>Begins, for this call and those below it.</summary>
    public Handshake Begin() => Ambient.Value = this;

    /// <summary>Hangs up, for another handshake to have its place.</summary>
    public void MakeWay()
    {
        MadeWay = true;
        hangUp?.Invoke();
    }

    /// <summary>Ends it: what comes above lives as long as the connection and needs nothing of it.</summary>
    public void End()
    {
        IsDone = true;
        Ambient.Value = null;
    }
}
