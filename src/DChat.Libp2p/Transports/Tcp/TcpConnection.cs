using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using DChat.Libp2p.Addresses;

namespace DChat.Libp2p.Transports.Tcp;

/// <summary>A connected socket.</summary>
internal sealed class TcpConnection : ITransportConnection
{
    private readonly Socket _socket;
    private readonly StreamPipe _pipe;

    internal TcpConnection(Socket socket)
    {
        _socket = socket;

        // Frames are coalesced before they get here, so waiting for more only adds latency.
        socket.NoDelay = true;
        LocalAddress = Multiaddr.FromTcp((IPEndPoint)socket.LocalEndPoint!);
        RemoteAddress = Multiaddr.FromTcp((IPEndPoint)socket.RemoteEndPoint!);
        _pipe = new StreamPipe(new NetworkStream(socket, ownsSocket: false));
    }

    public Multiaddr LocalAddress { get; }

    public Multiaddr RemoteAddress { get; }

    public PipeReader Input => _pipe.Input;

    public PipeWriter Output => _pipe.Output;

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return default;
    }
}
