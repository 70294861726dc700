namespace DChat.Tls.Certificates;

/// <summary>What a certificate must be of.</summary>
public enum PeerRole
{
    /// <summary>Whoever the authority knows: clients, and silos too.</summary>
    Any,

    /// <summary>A silo: it has <see cref="SiloMark"/>.</summary>
    Silo,
}
