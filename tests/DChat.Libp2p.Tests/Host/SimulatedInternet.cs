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
    private readonly ConcurrentDictionary<string, bool> _nats = [];
    private readonly Dictionary<(string From, string To), TaskCompletionSource<ITransportConnection>> _opening = [];
    private int _ports = 10_000;

    /// <summary>Addresses dialed so far.</summary>
    public ConcurrentQueue<Multiaddr> Dialed { get; } = [];

    /// <summary>What a host at an IP address has.</summary>
    public ITransport At(string ip) => new Transport(this, ip);

    /// <summary>
    /// What a host has whose NAT shows it at an IP address, at the port that it listens on, and lets in only whom the host is
    /// dialing: two such hosts that dial each other at once get one connection that both have dialed.
    /// </summary>
    public ITransport BehindNat(string ip)
    {
        _nats[ip] = true;
        return new Transport(this, ip);
    }

    private static string HostOf(Multiaddr address) => address.Components[0].Text;

    /// <summary>One end of a connection that both dial; waits for the other's dial.</summary>
    private Task<ITransportConnection> OpenBothAsync(string ip, Multiaddr target, CancellationToken cancellationToken)
    {
        lock (_opening)
        {
            var to = HostOf(target);
            if (_opening.Remove((to, ip), out var other))
            {
                var (ours, theirs) = MemoryConnection.CreatePair(Multiaddr.Parse($"/{Family(ip)}/{ip}/tcp/4001"), target);
                if (other.TrySetResult(theirs))
                {
                    return Task.FromResult<ITransportConnection>(ours);
                }
            }

            var waiting = _opening[(ip, to)] = new TaskCompletionSource<ITransportConnection>(TaskCreationOptions.RunContinuationsAsynchronously);
            cancellationToken.Register(() => waiting.TrySetCanceled(cancellationToken));
            return waiting.Task;
        }
    }

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
            if (internet._nats.ContainsKey(HostOf(address)))
            {
                return new ValueTask<ITransportConnection>(internet.OpenBothAsync(ip, address.WithoutPeer(), cancellationToken));
            }

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
