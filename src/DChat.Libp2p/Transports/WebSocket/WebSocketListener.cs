using DChat.Libp2p.Addresses;

namespace DChat.Libp2p.Transports.WebSocket;

/// <summary>A listening socket whose connections are to become WebSockets.</summary>
internal sealed class WebSocketListener(ITransportListener inner, string suffix, IWebSocketHandshake handshake, TimeProvider time) : ITransportListener
{
    public Multiaddr LocalAddress { get; } = Multiaddr.Parse(inner.LocalAddress + suffix);

    public async ValueTask<ITransportConnection?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        if (await inner.AcceptAsync(cancellationToken).ConfigureAwait(false) is not { } tcp)
        {
            return null;
        }

        return new WebSocketConnection(tcp, handshake, LocalAddress, Multiaddr.Parse(tcp.RemoteAddress + suffix), time);
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
