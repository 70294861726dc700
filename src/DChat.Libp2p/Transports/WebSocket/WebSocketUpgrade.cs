using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace DChat.Libp2p.Transports.WebSocket;

/// <summary>The opening handshake of WebSocket (RFC 6455, 4), as text.</summary>
internal static class WebSocketUpgrade
{
    /// <summary>The only version there is.</summary>
    private const string Version = "13";

    /// <summary>Bytes of a key before base64.</summary>
    private const int KeyLength = 16;

    /// <summary>Characters of a key in base64.</summary>
    private const int KeyTextLength = 24;

    private const string Guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    /// <summary>A new key.</summary>
    internal static string NewKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyLength));

    /// <summary>What a client sends (4.1).</summary>
    /// <param name="host">The name or address dialed, with the port unless it is the scheme's own.</param>
    /// <param name="key">From <see cref="NewKey"/>.</param>
    internal static string Request(string host, string key) =>
        $"GET / HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: {Version}\r\n\r\n";

    /// <summary>What a server answers to a key (4.2.2).</summary>
    internal static string Response(string key) =>
        $"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {AcceptOf(key)}\r\n\r\n";

    /// <summary>Judges a request (4.2.1).</summary>
    /// <param name="request">The head.</param>
    /// <param name="options">Which origins may connect.</param>
    /// <param name="key">The client's key when nothing is wrong.</param>
    /// <returns>What is wrong; null when nothing is.</returns>
    internal static HttpRefusal? Check(HttpHead request, WebSocketOptions options, out string key)
    {
        key = "";
        if (request.StartLine.Split(' ') is not [var method, var target, var version] || target.Length == 0 || !version.StartsWith("HTTP/", StringComparison.Ordinal))
        {
            return HttpRefusal.Malformed;
        }

        if (version != "HTTP/1.1")
        {
            return HttpRefusal.OtherVersion;
        }

        if (method != "GET")
        {
            return HttpRefusal.NotGet;
        }

        // A body would be taken for frames.
        if (request.All("Transfer-Encoding").Any() || request.All("Content-Length").Any(l => l != "0") || request.All("Host").Count() != 1)
        {
            return HttpRefusal.Malformed;
        }

        if (!request.Has("Upgrade", "websocket") || !request.Has("Connection", "Upgrade"))
        {
            return HttpRefusal.NoUpgrade;
        }

        return CheckWebSocket(request, options, out key);
    }

    /// <summary>Judges a response (4.1); null when the connection is a WebSocket from here on, else what is wrong.</summary>
    internal static string? CheckResponse(HttpHead response, string key)
    {
        if (response.StartLine.Split(' ') is not ["HTTP/1.1", "101", ..])
        {
            return $"the server answered '{response.StartLine}'";
        }

        return !response.Has("Upgrade", "websocket") || !response.Has("Connection", "Upgrade") ? "the server upgraded to something else"
            : !response.TryGetOnce("Sec-WebSocket-Accept", out var accept) || accept != AcceptOf(key) ? "the server answered another key"
            : response.All("Sec-WebSocket-Extensions").Any() || response.All("Sec-WebSocket-Protocol").Any() ? "the server chose what was not offered"
            : null;
    }

    private static HttpRefusal? CheckWebSocket(HttpHead request, WebSocketOptions options, out string key)
    {
        key = "";
        if (!request.TryGetOnce("Sec-WebSocket-Version", out var version) || version != Version)
        {
            return HttpRefusal.NoUpgrade;
        }

        var buffer = (stackalloc byte[KeyLength + 2]);
        if (!request.TryGetOnce("Sec-WebSocket-Key", out var sent)
            || sent is not { Length: KeyTextLength }
            || !Convert.TryFromBase64String(sent, buffer, out var length)
            || length != KeyLength
            || !request.TryGetOnce("Origin", out var origin))
        {
            return HttpRefusal.Malformed;
        }

        key = sent;
        return origin is not null && options.AllowedOrigins.Count > 0 && !options.AllowedOrigins.Contains(origin) ? HttpRefusal.ForeignOrigin : null;
    }

    /// <summary>What proves that the server has read the key (4.2.2, item 5.4).</summary>
    [SuppressMessage("Security", "CA5350", Justification = "The specification says SHA-1, and nothing depends on its strength.")]
    private static string AcceptOf(string key) => Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + Guid)));
}
