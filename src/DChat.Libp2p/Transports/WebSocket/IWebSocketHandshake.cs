using DChat.Libp2p.Addresses;
using Socket = System.Net.WebSockets.WebSocket;

namespace DChat.Libp2p.Transports.WebSocket;

/// <summary>One side of the way from a TCP connection to a WebSocket, TLS included.</summary>
internal interface IWebSocketHandshake
{
    /// <summary>Runs it.</summary>
    /// <returns>The WebSocket, and the client's address when a trusted proxy has told it.</returns>
    /// <exception cref="Libp2pException">The other side does not play along.</exception>
    Task<(Socket Socket, Multiaddr? Client)> RunAsync(ITransportConnection connection, CancellationToken cancellationToken);
}
