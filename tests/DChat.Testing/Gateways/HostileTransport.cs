using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Transports;
using DChat.Libp2p.Transports.Tcp;

namespace DChat.Testing.Gateways;

/// <summary>TCP as someone with bad intentions uses it: from an address of choice, and reading the socket only while it likes.</summary>
/// <param name="source">Where connections come from: any address of 127.0.0.0/8, so that limits by address can tell peers apart.</param>
public sealed class HostileTransport(IPAddress source) : ITransport
{
    private readonly TcpTransport _tcp = new();
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isReading = true;

    public bool Matches(Multiaddr address) => _tcp.Matches(address);

    public async ValueTask<ITransportConnection> DialAsync(Multiaddr address, CancellationToken cancellationToken = default)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.Bind(new IPEndPoint(source, 0));
            var port = (address.Components[1].Value.Span[0] << 8) | address.Components[1].Value.Span[1];
            await socket.ConnectAsync(new IPEndPoint(new IPAddress(address.Components[0].Value.Span), port), cancellationToken);
            return new Connection(socket, this);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A hostile peer is not called, it calls.</summary>
    public ValueTask<ITransportListener> ListenAsync(Multiaddr address, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("A hostile peer only dials.");

    /// <summary>From now on nothing is read from any of its sockets; what was being read still arrives.</summary>
    public void StopReading() => _isReading = false;

    private sealed class Connection : ITransportConnection
    {
        private readonly Socket _socket;
        private readonly CancellationTokenSource _closed = new();

        public Connection(Socket socket, HostileTransport transport)
        {
            _socket = socket;
            LocalAddress = Multiaddr.FromTcp((IPEndPoint)socket.LocalEndPoint!);
            RemoteAddress = Multiaddr.FromTcp((IPEndPoint)socket.RemoteEndPoint!);
            var stream = new GatedStream(socket, transport, _closed.Token);
            Input = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true));
            Output = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
        }

        public Multiaddr LocalAddress { get; }

        public Multiaddr RemoteAddress { get; }

        public PipeReader Input { get; }

        public PipeWriter Output { get; }

        public async ValueTask DisposeAsync()
        {
            _socket.Dispose();
            await _closed.CancelAsync();
        }
    }

    private sealed class GatedStream(Socket socket, HostileTransport transport, CancellationToken closed) : NetworkStream(socket, ownsSocket: false)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (!transport._isReading)
            {
                await transport._open.Task.WaitAsync(closed);
            }

            return await base.ReadAsync(buffer, cancellationToken);
        }
    }
}
