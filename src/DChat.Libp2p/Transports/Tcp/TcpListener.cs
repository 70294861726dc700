using System.Net;
using System.Net.Sockets;
using DChat.Libp2p.Addresses;

namespace DChat.Libp2p.Transports.Tcp;

/// <summary>A listening socket.</summary>
internal sealed class TcpListener(Socket socket) : ITransportListener
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
