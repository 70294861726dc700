using System.IO.Pipelines;
using DChat.Libp2p;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Transports;
using DChat.Libp2p.Transports.Tcp;

namespace DChat.Interop.Tests;

/// <summary>
/// TCP on loopback that looks public, since js neither asks about private addresses nor dials them for others: this host is shown at one
/// IP address and whoever connects to it at another.
/// </summary>
/// <param name="own">Where this host is shown.</param>
/// <param name="peer">Where whoever connects is shown.</param>
/// <param name="failing">Dials of the peer that fail before one is let through, as behind a NAT.</param>
internal sealed class ShownTcp(string own, string peer, int failing = 0) : ITransport
{
    private readonly TcpTransport _inner = new();
    private readonly Traffic _traffic = new();
    private int _failing = failing;

    /// <summary>Bytes sent over all connections so far.</summary>
    public long Sent => _traffic.Sent;

    /// <summary>Bytes received over all connections so far, those that were read.</summary>
    public long Received => _traffic.Received;

    public bool Matches(Multiaddr address) => _inner.Matches(address);

    public async ValueTask<ITransportConnection> DialAsync(Multiaddr address, CancellationToken cancellationToken = default)
    {
        if (!IsShown(address))
        {
            return await _inner.DialAsync(address, cancellationToken);
        }

        if (address.ToString().StartsWith($"/ip4/{peer}/", StringComparison.Ordinal) && Interlocked.Decrement(ref _failing) >= 0)
        {
            throw new Libp2pException(Libp2pErrorCodes.DialFailed, "The NAT lets nobody in yet.", isTransient: true);
        }

        var connection = await _inner.DialAsync(Real(address), cancellationToken);
        return new Connection(connection, Show(connection.LocalAddress, own), address.WithoutPeer(), _traffic);
    }

    public async ValueTask<ITransportListener> ListenAsync(Multiaddr address, CancellationToken cancellationToken = default) =>
        new Listener(await _inner.ListenAsync(Real(address), cancellationToken), own, peer, _traffic);

    private static Multiaddr Show(Multiaddr address, string ip) => Multiaddr.Parse(address.ToString().Replace("127.0.0.1", ip, StringComparison.Ordinal));

    private static bool IsShown(Multiaddr address) => !Real(address).Equals(address.WithoutPeer());

    /// <summary>Where an address is in truth: whatever is dialed, nothing leaves this machine.</summary>
    private static Multiaddr Real(Multiaddr address) =>
        Multiaddr.Parse($"/ip4/127.0.0.1/{string.Join('/', address.WithoutPeer().ToString().Split('/')[3..])}");

    private sealed class Listener(ITransportListener inner, string own, string peer, Traffic traffic) : ITransportListener
    {
        public Multiaddr LocalAddress => Show(inner.LocalAddress, own);

        public async ValueTask<ITransportConnection?> AcceptAsync(CancellationToken cancellationToken = default) =>
            await inner.AcceptAsync(cancellationToken) is { } connection
                ? new Connection(connection, Show(connection.LocalAddress, own), Show(connection.RemoteAddress, peer), traffic)
                : null;

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }

    private sealed class Connection(ITransportConnection inner, Multiaddr local, Multiaddr remote, Traffic traffic) : ITransportConnection
    {
        public Multiaddr LocalAddress => local;

        public Multiaddr RemoteAddress => remote;

        public PipeReader Input { get; } = traffic.Count(inner.Input);

        public PipeWriter Output { get; } = traffic.Count(inner.Output);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
