namespace DChat.Libp2p.Transports.WebSocket;

/// <summary>An answer that refuses an upgrade, and why.</summary>
/// <param name="Status">The status code and its phrase.</param>
/// <param name="Reason">What to tell whoever asked.</param>
/// <param name="Code">The fault it is for this host.</param>
/// <param name="Fields">Further header lines, each with its end.</param>
internal sealed record HttpRefusal(string Status, string Reason, string Code = Libp2pErrorCodes.Malformed, string Fields = "")
{
    internal static readonly HttpRefusal Malformed = new("400 Bad Request", "The request is not HTTP/1.1, or not a WebSocket handshake (RFC 6455, 4.2.1).");

    internal static readonly HttpRefusal ForeignOrigin = new("403 Forbidden", "This page may not connect here.", Libp2pErrorCodes.Gated);

    internal static readonly HttpRefusal NotGet = new("405 Method Not Allowed", "Only GET is served here, to open a WebSocket.", Fields: "Allow: GET\r\n");

    internal static readonly HttpRefusal NoUpgrade = new(
        "426 Upgrade Required",
        "This is a libp2p peer: open a WebSocket.",
        Fields: "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n");

    internal static readonly HttpRefusal TooLarge = new("431 Request Header Fields Too Large", "The header is too long.", Libp2pErrorCodes.LimitReached);

    internal static readonly HttpRefusal OtherVersion = new("505 HTTP Version Not Supported", "Only HTTP/1.1 is spoken here.");

    /// <summary>The response.</summary>
    internal string ToResponse() =>
        $"HTTP/1.1 {Status}\r\nConnection: {(Status.StartsWith("426", StringComparison.Ordinal) ? "Upgrade, close" : "close")}\r\n{Fields}Content-Type: text/plain\r\n"
        + $"Content-Length: {Reason.Length + 1}\r\n\r\n{Reason}\n";
}
