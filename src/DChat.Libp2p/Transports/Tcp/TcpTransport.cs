using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Transports.Proxies;

namespace DChat.Libp2p.Transports.Tcp;

/// <summary>TCP: <c>/ip4/…/tcp/…</c>, <c>/ip6/…/tcp/…</c>, and to dial <c>/dns/…/tcp/…</c>, <c>/dns4</c> and <c>/dns6</c>.</summary>
public sealed class TcpTransport : ITransport
{
    /// <summary>Connections the operating system holds for a listener that has not accepted them yet.</summary>
    public const int ListenBacklog = 128;

    private readonly ConcurrentDictionary<TcpListener, IPEndPoint> _listening = [];
    private readonly ProxyOptions _proxies;
    private readonly TimeProvider _time;

    /// <summary>A transport that any host may use.</summary>
    /// <param name="proxies">The proxies before its listeners, which speak the PROXY protocol; none when null. Read once.</param>
    /// <param name="time">The clock; the system's when null.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public TcpTransport(ProxyOptions? proxies = null, TimeProvider? time = null)
    {
        _proxies = proxies ?? new ProxyOptions();
        _time = time ?? TimeProvider.System;
        if (string.Join(" ", _proxies.Validate()) is { Length: > 0 } faults)
        {
            throw new ArgumentException(faults, nameof(proxies));
        }
    }

    /// <summary>
    /// Whether to dial from the port that is listened on, so that a NAT shows peers the address where it lets others in too: what
    /// hole punching needs (relay/DCUtR.md). Listeners then share their port with later ones of the same user instead of
    /// failing, so a second process at the same port goes unnoticed. Where it cannot be done, for want of the option in the system
    /// or because a connection between the two ports exists, a free port is dialed from. Default no.
    /// </summary>
    public bool DialsFromListenPort { get; init; }

    /// <inheritdoc/>
    public bool Matches(Multiaddr address)
    {
        ArgumentNullException.ThrowIfNull(address);
        var components = address.WithoutPeer().Components;
        return components.Count == 2
            && components[1].Protocol == MultiaddrProtocol.Tcp
            && (IsIp(components[0].Protocol) || IsName(components[0].Protocol));
    }

    /// <inheritdoc/>
    public async ValueTask<ITransportConnection> DialAsync(Multiaddr address, CancellationToken cancellationToken = default)
    {
        if (EndPointOf(address) is IPEndPoint target && PortReuse.FindLocal(_listening.Values, target) is { } local)
        {
            try
            {
                return await ConnectAsync(address, local, cancellationToken).ConfigureAwait(false);
            }
            catch (Libp2pException e) when (PortReuse.IsTaken(e.InnerException))
            {
                // Connected between these two ports already, or not closed long enough.
            }
        }

        return await ConnectAsync(address, local: null, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask<ITransportConnection> DialFromFreePortAsync(Multiaddr address, CancellationToken cancellationToken = default) =>
        ConnectAsync(address, local: null, cancellationToken);

    private static async ValueTask<ITransportConnection> ConnectAsync(Multiaddr address, IPEndPoint? local, CancellationToken cancellationToken)
    {
        Socket? socket = null;
        try
        {
            var endPoint = EndPointOf(address);
            socket = endPoint.AddressFamily == AddressFamily.Unspecified
                ? new Socket(SocketType.Stream, ProtocolType.Tcp)
                : new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (local is not null)
            {
                PortReuse.Allow(socket);
                socket.Bind(local);
            }

            await socket.ConnectAsync(endPoint, cancellationToken).ConfigureAwait(false);
            return new TcpConnection(socket);
        }
        catch (SocketException e)
        {
            // This machine may not have the address family at all, which is as good as nobody there.
            socket?.Dispose();
            throw new Libp2pException(Libp2pErrorCodes.DialFailed, $"{address}: {e.Message}", isTransient: true, e);
        }
        catch
        {
            socket?.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask<ITransportListener> ListenAsync(Multiaddr address, CancellationToken cancellationToken = default)
    {
        if (EndPointOf(address) is not IPEndPoint endPoint)
        {
            throw new Libp2pException(Libp2pErrorCodes.ListenFailed, $"{address}: listen on an IP address, not on a name.");
        }

        Socket? socket = null;
        try
        {
            socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (DialsFromListenPort)
            {
                PortReuse.Allow(socket);
            }

            socket.Bind(endPoint);
            socket.Listen(ListenBacklog);
            var listener = new TcpListener(socket, l => _listening.TryRemove(l, out _));
            if (DialsFromListenPort)
            {
                _listening[listener] = (IPEndPoint)socket.LocalEndPoint!;
            }

            return new ValueTask<ITransportListener>(_proxies.UseProxyProtocol
                ? new ProxiedListener(listener, ReaddressedConnection.ReadAsync, onlyProxies: true, _proxies, _time)
                : listener);
        }
        catch (SocketException e)
        {
            socket?.Dispose();
            throw new Libp2pException(Libp2pErrorCodes.ListenFailed, $"{address}: {e.Message}", isTransient: true, e);
        }
    }

    private static bool IsIp(MultiaddrProtocol protocol) => protocol == MultiaddrProtocol.Ip4 || protocol == MultiaddrProtocol.Ip6;

    private static bool IsName(MultiaddrProtocol protocol) =>
        protocol == MultiaddrProtocol.Dns || protocol == MultiaddrProtocol.Dns4 || protocol == MultiaddrProtocol.Dns6;

    private static EndPoint EndPointOf(Multiaddr address)
    {
        var host = address.Components[0];
        var port = BinaryPrimitives.ReadUInt16BigEndian(address.Components[1].Value.Span);
        if (IsIp(host.Protocol))
        {
            return new IPEndPoint(new IPAddress(host.Value.Span), port);
        }

        var family = host.Protocol == MultiaddrProtocol.Dns4 ? AddressFamily.InterNetwork
            : host.Protocol == MultiaddrProtocol.Dns6 ? AddressFamily.InterNetworkV6
            : AddressFamily.Unspecified;
        return new DnsEndPoint(host.Text, port, family);
    }
}
