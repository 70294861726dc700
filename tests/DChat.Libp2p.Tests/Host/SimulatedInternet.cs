using System.Collections.Concurrent;
using System.Globalization;
using System.Threading.Channels;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Transports;
using DChat.Libp2p.Transports.Memory;

namespace DChat.Libp2p.Tests.Host;

/// <summary>TCP addresses without sockets, so that hosts are at IP addresses of the test's choice.</summary>
internal sealed class SimulatedInternet
{
    private readonly ConcurrentDictionary<Multiaddr, Listener> _listeners = [];
    private int _ports = 10_000;

    /// <summary>Addresses dialed so far.</summary>
    public ConcurrentQueue<Multiaddr> Dialed { get; } = [];

    /// <summary>What a host at an IP address has.</summary>
    public ITransport At(string ip) => new Transport(this, ip);

    private static string Family(string ip) => ip.Contains(':', StringComparison.Ordinal) ? "ip6" : "ip4";

    private sealed class Transport(SimulatedInternet internet, string ip) : ITransport
    {
        public bool Matches(Multiaddr address) =>
            address.WithoutPeer().Components is [var host, var tcp]
            && (host.Protocol == MultiaddrProtocol.Ip4 || host.Protocol == MultiaddrProtocol.Ip6)
            && tcp.Protocol == MultiaddrProtocol.Tcp;

        public ValueTask<ITransportConnection> DialAsync(Multiaddr address, CancellationToken cancellationToken = default)
        {
            cancellationToken.ThrowIfCancellationRequested();
            internet.Dialed.Enqueue(address.WithoutPeer());
            var port = Interlocked.Increment(ref internet._ports).ToString(CultureInfo.InvariantCulture);
            var (near, far) = MemoryConnection.CreatePair(Multiaddr.Parse($"/{Family(ip)}/{ip}/tcp/{port}"), address.WithoutPeer());
            return internet._listeners.TryGetValue(address.WithoutPeer(), out var listener) && listener.TryAdd(far)
                ? new ValueTask<ITransportConnection>(near)
                : throw new Libp2pException(Libp2pErrorCodes.DialFailed, $"{address}: nobody listens there.", isTransient: true);
        }

        public ValueTask<ITransportListener> ListenAsync(Multiaddr address, CancellationToken cancellationToken = default)
        {
            var listener = new Listener(address.WithoutPeer(), a => internet._listeners.TryRemove(a, out _));
            return internet._listeners.TryAdd(address.WithoutPeer(), listener)
                ? new ValueTask<ITransportListener>(listener)
                : throw new Libp2pException(Libp2pErrorCodes.ListenFailed, $"{address} is taken.");
        }
    }

    private sealed class Listener(Multiaddr address, Action<Multiaddr> onDispose) : ITransportListener
    {
        private readonly Channel<ITransportConnection> _waiting = Channel.CreateUnbounded<ITransportConnection>();

        public Multiaddr LocalAddress => address;

        public bool TryAdd(ITransportConnection connection) => _waiting.Writer.TryWrite(connection);

        public async ValueTask<ITransportConnection?> AcceptAsync(CancellationToken cancellationToken = default) =>
            await _waiting.Reader.WaitToReadAsync(cancellationToken) && _waiting.Reader.TryRead(out var connection) ? connection : null;

        public ValueTask DisposeAsync()
        {
            onDispose(address);
            _waiting.Writer.TryComplete();
            return default;
        }
    }
}
