using System.Net;
using System.Net.Sockets;
using DChat.Libp2p.Addresses;

namespace DChat.Libp2p.Transports.Tcp;

/// <summary>A listening socket.</summary>
/// <param name="socket">It.</param>
/// <param name="onDispose">Called when it listens no more.</param>
internal sealed class TcpListener(Socket socket, Action<TcpListener> onDispose) : ITransportListener
{
    public Multiaddr LocalAddress { get; } = Multiaddr.FromTcp((IPEndPoint)socket.LocalEndPoint!);

    public async ValueTask<ITransportConnection?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            try
            {
                return Wrap(await socket.AcceptAsync(cancellationToken).ConfigureAwait(false));
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.NotConnected)
            {
                // The peer was gone before it was accepted; the listener is fine.
            }
            catch (Exception e) when (e is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted or SocketError.Interrupted })
            {
                return null;
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        onDispose(this);
        socket.Dispose();
        return default;
    }

    private static TcpConnection Wrap(Socket accepted)
    {
        try
        {
            return new TcpConnection(accepted);
        }
        catch
        {
            accepted.Dispose();
            throw;
        }
    }
}
