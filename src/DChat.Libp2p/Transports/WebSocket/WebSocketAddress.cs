using System.Diagnostics.CodeAnalysis;
using DChat.Libp2p.Addresses;

namespace DChat.Libp2p.Transports.WebSocket;

/// <summary>
/// What a WebSocket address says: <c>/ip4|ip6|dns…/tcp/N</c>, then <c>/ws</c>, <c>/wss</c> or <c>/tls[/sni/NAME]/ws</c>.
/// </summary>
/// <param name="IsSecure">Whether TLS is spoken.</param>
/// <param name="Suffix">What follows the port, such as <c>/tls/ws</c>.</param>
/// <param name="ServerName">Whom the server's certificate must name: <c>/sni</c>, else the host as dialed.</param>
/// <param name="HostField">The <c>Host</c> field of the request: the name, and the port unless it is the scheme's own.</param>
internal sealed record WebSocketAddress(bool IsSecure, string Suffix, string ServerName, string HostField)
{
    internal static bool TryParse(Multiaddr address, [NotNullWhen(true)] out WebSocketAddress? parsed)
    {
        parsed = null;
        var components = address.WithoutPeer().Components;
        if (components.Count < 3 || !IsHost(components[0].Protocol) || components[1].Protocol != MultiaddrProtocol.Tcp)
        {
            return false;
        }

        var rest = components.Skip(2).ToArray();
        var kinds = string.Concat(rest.Select(c => "/" + c.Protocol.Name));
        if (kinds is not ("/ws" or "/wss" or "/tls/ws" or "/tls/sni/ws"))
        {
            return false;
        }

        var isSecure = kinds != "/ws";
        var host = components[0].Protocol == MultiaddrProtocol.Ip6 ? $"[{components[0].Text}]" : components[0].Text;
        var name = rest.Length == 3 ? rest[1].Text : components[0].Text;
        host = rest.Length == 3 ? name : host;
        var port = components[1].Text;
        parsed = new WebSocketAddress(isSecure, SuffixOf(rest), name, port == (isSecure ? "443" : "80") ? host : $"{host}:{port}");
        return IsPlain(name);
    }

    private static string SuffixOf(IEnumerable<MultiaddrComponent> rest) =>
        string.Concat(rest.Select(c => c.Text.Length == 0 ? $"/{c.Protocol.Name}" : $"/{c.Protocol.Name}/{c.Text}"));

    private static bool IsHost(MultiaddrProtocol protocol) =>
        protocol == MultiaddrProtocol.Ip4 || protocol == MultiaddrProtocol.Ip6 || protocol == MultiaddrProtocol.Dns
        || protocol == MultiaddrProtocol.Dns4 || protocol == MultiaddrProtocol.Dns6;

    /// <summary>Peers send addresses, and a name goes into a request: what could end a line there is no name.</summary>
    private static bool IsPlain(string name) => name.All(c => c is > ' ' and < '\u007f');
}
