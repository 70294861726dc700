using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using DChat.Libp2p.Transports.Proxies;

namespace DChat.Libp2p.Transports.WebSocket;

/// <summary>How the WebSocket transport listens and dials.</summary>
public sealed class WebSocketOptions
{
    /// <summary>The longest head of an HTTP request or response that is read, in bytes. Default 8 KiB; 256 B to 64 KiB.</summary>
    public int MaxHeadLength { get; set; } = 8 * 1024;

    /// <summary>The most header fields of a request or response. Default 64; 8 to 1,024.</summary>
    public int MaxHeaders { get; set; } = 64;

    /// <summary>
    /// Web pages that may connect, by origin, such as <c>https://chat.example</c>; any others are refused with 403. Whoever is
    /// no browser sends no origin and is not asked for one. Default: none, which means that every page may: a peer proves
    /// who it is by its key, and a browser adds nothing that the page could abuse.
    /// </summary>
    public ISet<string> AllowedOrigins { get; } = new HashSet<string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// The proxies before the listener. Those that do not use the PROXY protocol tell the client's address by
    /// <c>X-Forwarded-For</c>, which from elsewhere is not looked at. Default: none.
    /// </summary>
    public ProxyOptions Proxies { get; } = new();

    /// <summary>
    /// What a listener on <c>/tls/ws</c> or <c>/wss</c> shows. Default: none, which means that a proxy ends TLS, and that
    /// only <c>/ws</c> can be listened on.
    /// </summary>
    public X509Certificate2? Certificate { get; set; }

    /// <summary>
    /// Decides about the certificate of a server that is dialed. Default: none, which means that the system's authorities
    /// decide. The peer itself is proven in the handshake above in any case.
    /// </summary>
    public RemoteCertificateValidationCallback? ValidateServer { get; set; }

    /// <summary>The names of options out of range, with the range; empty when all is well.</summary>
    internal IEnumerable<string> Validate()
    {
        if (MaxHeadLength is < 256 or > 64 * 1024)
        {
            yield return $"{nameof(MaxHeadLength)} must be 256 to 65536.";
        }

        if (MaxHeaders is < 8 or > 1024)
        {
            yield return $"{nameof(MaxHeaders)} must be 8 to 1024.";
        }

        foreach (var fault in Proxies.Validate())
        {
            yield return $"{nameof(Proxies)}.{fault}";
        }
    }
}
