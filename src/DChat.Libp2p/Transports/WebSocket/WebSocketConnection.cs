using System.IO.Pipelines;
using System.Net.WebSockets;
using DChat.Libp2p.Addresses;
using Socket = System.Net.WebSockets.WebSocket;

namespace DChat.Libp2p.Transports.WebSocket;

/// <summary>
/// A connection that becomes a WebSocket when it is first read or written. So the host has counted an inbound one, and its
/// timeout for setting up connections runs, before a byte of the request is read.
/// </summary>
internal sealed class WebSocketConnection : ITransportConnection
{
    /// <summary>Time that the closing frame has to leave.</summary>
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly ITransportConnection _inner;
    private readonly IWebSocketHandshake _handshake;
    private readonly TimeProvider _time;
    private readonly StreamPipe _pipe;
    private Task<Socket>? _opening;
    private WebSocketStream? _stream;
    private bool _disposed;

    internal WebSocketConnection(ITransportConnection inner, IWebSocketHandshake handshake, Multiaddr local, Multiaddr remote, TimeProvider time)
    {
        (_inner, _handshake, _time) = (inner, handshake, time);
        (LocalAddress, RemoteAddress) = (local, remote);
        _pipe = new StreamPipe(new LazyStream(this));
    }

    public Multiaddr LocalAddress { get; }

    public Multiaddr RemoteAddress { get; private set; }

    public PipeReader Input => _pipe.Input;

    public PipeWriter Output => _pipe.Output;

    /// <summary>Makes it a WebSocket, once. The first caller's token ends the handshake.</summary>
    /// <exception cref="Libp2pException">The other side does not play along.</exception>
    internal async ValueTask OpenAsync(CancellationToken cancellationToken)
    {
        Task<Socket> opening;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            opening = _opening ??= OpenCoreAsync(cancellationToken);
        }

        await opening.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        Task<Socket>? opening;
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            opening = _opening;
        }

        if (opening is { IsCompletedSuccessfully: true })
        {
            var socket = await opening.ConfigureAwait(false);
            await FarewellAsync(socket).ConfigureAwait(false);
            await _inner.DisposeAsync().ConfigureAwait(false);
            socket.Dispose();
        }
        else
        {
            await _inner.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task<Socket> OpenCoreAsync(CancellationToken cancellationToken)
    {
        var (socket, client) = await _handshake.RunAsync(_inner, cancellationToken).ConfigureAwait(false);
        RemoteAddress = client ?? RemoteAddress;
        _stream = new WebSocketStream(socket);
        return socket;
    }

    /// <summary>Browsers and js call a connection broken that ends without a close frame (RFC 6455, 7.1.5).</summary>
    private async Task FarewellAsync(Socket socket)
    {
        using var patience = new CancellationTokenSource(CloseTimeout, _time);
        try
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, patience.Token).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // It is broken, or the peer does not read: then it hears nothing.
        }
    }

    private sealed class LazyStream(WebSocketConnection owner) : DuplexStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (owner._stream is null)
            {
                await owner.OpenAsync(cancellationToken).ConfigureAwait(false);
            }

            return await owner._stream!.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (owner._stream is null)
            {
                await owner.OpenAsync(cancellationToken).ConfigureAwait(false);
            }

            await owner._stream!.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
    }
}
