using System.Net;
using DChat.Core;
using DChat.Tls;

namespace DChat.Silo.Configuration;

/// <summary>By which certificates the silos and clients of a cluster know each other. Section <c>DChat:Tls</c>.</summary>
[OptionSection("DChat:Tls")]
internal sealed class TlsOptions : TlsFiles
{
    /// <summary>Whether silo and client port may be reached from other machines without TLS. Default no.</summary>
    [Option("whether DChat:Cluster:Address may be beyond loopback without a certificate; whoever reaches the ports is then a silo or a back end, and reads what they say", Form = "true or false", Default = "false")]
    public bool AllowPlaintext { get; set; }

    /// <summary>Refuses ports that other machines reach without TLS, unless the operator insists.</summary>
    /// <param name="address">Where silo and client port listen.</param>
    /// <exception cref="DChatException">They would be open (<c>options-invalid</c>).</exception>
    public void CheckAddress(IPAddress address)
    {
        if (!IsSet && !AllowPlaintext && !IPAddress.IsLoopback(address))
        {
            throw new DChatException(
                OptionRange.InvalidCode,
                $"DChat:Cluster:Address is '{address}', which other machines reach, and there is no TLS: set DChat:Tls:Certificate, DChat:Tls:Key and DChat:Tls:Authority, or DChat:Tls:AllowPlaintext=true on a network where nobody else is.");
        }
    }
}
