using System.Collections.Concurrent;
using System.Globalization;
using System.Threading.Channels;
using DChat.Libp2p.Addresses;

namespace DChat.Libp2p.Transports.Memory;

/// <summary>
/// A network within one process, for tests: <c>/memory/name</c>. Hosts that share an instance can reach each other.
/// </summary>
public sealed class MemoryTransport : ITransport
{
    /// <summary>Connections that wait for a listener to accept them; a dial beyond fails.</summary>
    public const int ListenBacklog = 128;

    private readonly ConcurrentDictionary<string, MemoryListener> _listeners = new(StringComparer.Ordinal);
    private readonly Func<Multiaddr, Multiaddr, (ITransportConnection Dialer, ITransportConnection Listener)> _connect;
    private long _dialers;

    /// <summary>A network in which everything arrives at once.</summary>
    public MemoryTransport()
        : this(static (dialer, listener) => MemoryConnection.CreatePair(dialer, listener))
    {
    }

    /// <summary>A network whose connections are as <paramref name="connect"/> makes them.</summary>
    /// <param name="connect">Makes the two ends of a connection, given the dialer's address and the listener's.</param>
    public MemoryTransport(Func<Multiaddr, Multiaddr, (ITransportConnection Dialer, ITransportConnection Listener)> connect)
    {
        ArgumentNullException.ThrowIfNull(connect);
        _connect = connect;
    }

    /// <inheritdoc/>
    public bool Matches(Multiaddr address)
    {
        ArgumentNullException.ThrowIfNull(address);
        var components = address.WithoutPeer().Components;
        return components.Count == 1 && components[0].Protocol == MultiaddrProtocol.Memory;
    }

    /// <inheritdoc/>
    public ValueTask<ITransportConnection> DialAsync(Multiaddr address, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(address);
        cancellationToken.ThrowIfCancellationRequested();
        var dialer = Interlocked.Increment(ref _dialers).ToString(CultureInfo.InvariantCulture);
        var (near, far) = _connect(Multiaddr.Parse($"/memory/dialer-{dialer}"), address.WithoutPeer());
        return _listeners.TryGetValue(address.Components[0].Text, out var listener) && listener.TryAdd(far)
            ? new ValueTask<ITransportConnection>(near)
            : throw new Libp2pException(Libp2pErrorCodes.DialFailed, $"{address}: nobody listens there.", isTransient: true);
    }

    /// <inheritdoc/>
    public ValueTask<ITransportListener> ListenAsync(Multiaddr address, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(address);
        var listener = new MemoryListener(this, address.WithoutPeer());
        return _listeners.TryAdd(address.Components[0].Text, listener)
            ? new ValueTask<ITransportListener>(listener)
            : throw new Libp2pException(Libp2pErrorCodes.ListenFailed, $"{address} is taken.");
    }

    private sealed class MemoryListener(MemoryTransport owner, Multiaddr address) : ITransportListener
    {
        private readonly Channel<ITransportConnection> _waiting = Channel.CreateBounded<ITransportConnection>(ListenBacklog);

        public Multiaddr LocalAddress => address;

        internal bool TryAdd(ITransportConnection connection) => _waiting.Writer.TryWrite(connection);

        public async ValueTask<ITransportConnection?> AcceptAsync(CancellationToken cancellationToken = default) =>
            await _waiting.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false) && _waiting.Reader.TryRead(out var connection)
                ? connection
                : null;

        public async ValueTask DisposeAsync()
        {
            owner._listeners.TryRemove(address.Components[0].Text, out _);
            _waiting.Writer.TryComplete();
            while (_waiting.Reader.TryRead(out var connection))
            {
                await connection.DisposeAsync().ConfigureAwait(false);
            }
        }
    }
}
