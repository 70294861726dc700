using DChat.Libp2p.Addresses;
using DChat.Libp2p.Transports.Proxies;
using DChat.Libp2p.Transports.Tcp;

namespace DChat.Libp2p.Transports.WebSocket;

/// <summary>
/// WebSocket (RFC 6455), which browsers and HTTP proxies let through: <c>/ip4/…/tcp/…/ws</c>, with <c>/ip6</c> or, to dial,
/// <c>/dns</c>, <c>/dns4</c> and <c>/dns6</c>; and with TLS <c>/tls/ws</c>, <c>/tls/sni/…/ws</c> and <c>/wss</c>.
/// </summary>
public sealed class WebSocketTransport : ITransport
{
    private readonly WebSocketOptions _options;
    private readonly TimeProvider _time;
    private readonly TcpTransport _tcp = new();

    /// <summary>A transport that any host may use.</summary>
    /// <param name="options">How it is set up; read once.</param>
    /// <param name="time">The clock; the system's when null.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public WebSocketTransport(WebSocketOptions? options = null, TimeProvider? time = null)
    {
        _options = options ?? new WebSocketOptions();
        _time = time ?? TimeProvider.System;
        if (string.Join(" ", _options.Validate()) is { Length: > 0 } faults)
        {
            throw new ArgumentException(faults, nameof(options));
        }
    }

    /// <inheritdoc/>
    public bool Matches(Multiaddr address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return WebSocketAddress.TryParse(address, out _);
    }

    /// <inheritdoc/>
    public async ValueTask<ITransportConnection> DialAsync(Multiaddr address, CancellationToken cancellationToken = default)
    {
        var parsed = Parse(address, Libp2pErrorCodes.DialFailed);
        var tcp = await _tcp.DialAsync(address, cancellationToken).ConfigureAwait(false);
        var local = Multiaddr.Parse(tcp.LocalAddress + parsed.Suffix);
        var connection = new WebSocketConnection(tcp, new ClientHandshake(parsed, _options), local, RemoteOf(address, parsed, tcp), _time);
        try
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            return connection;
        }
        catch (Exception e)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            if (e is IOException or Libp2pException { Code: Libp2pErrorCodes.ConnectionClosed })
            {
                throw new Libp2pException(Libp2pErrorCodes.DialFailed, $"{address}: {e.Message}", isTransient: true, e);
            }

            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<ITransportListener> ListenAsync(Multiaddr address, CancellationToken cancellationToken = default)
    {
        var parsed = Parse(address, Libp2pErrorCodes.ListenFailed);
        if (parsed.IsSecure && _options.Certificate is null)
        {
            throw new Libp2pException(
                Libp2pErrorCodes.ListenFailed, $"{address}: to listen with TLS takes a certificate; behind a proxy that ends TLS, listen on /ws and announce {parsed.Suffix}.");
        }

        var listener = await _tcp.ListenAsync(address, cancellationToken).ConfigureAwait(false);
        var proxies = _options.Proxies;
        if (proxies.UseProxyProtocol)
        {
            listener = new ProxiedListener(listener, ReaddressedConnection.ReadAsync, onlyProxies: true, proxies, _time);
        }

        listener = new WebSocketListener(listener, parsed.Suffix, new ServerHandshake(parsed, _options), _time);
        return proxies.TrustedNetworks.Count == 0 || proxies.UseProxyProtocol
            ? listener
            : new ProxiedListener(listener, OpenAsync, onlyProxies: false, proxies, _time);
    }

    /// <summary>
    /// The address as dialed. In place of a name the one that the socket leads to, so that limits count it; the name stays as
    /// <c>/sni</c>, which is in the certificate.
    /// </summary>
    private static Multiaddr RemoteOf(Multiaddr address, WebSocketAddress parsed, ITransportConnection tcp)
    {
        var host = address.Components[0].Protocol;
        return host == MultiaddrProtocol.Ip4 || host == MultiaddrProtocol.Ip6 ? address.WithoutPeer()
            : Multiaddr.Parse(tcp.RemoteAddress + (parsed.IsSecure ? $"/tls/sni/{parsed.ServerName}/ws" : parsed.Suffix));
    }

    private static async ValueTask<ITransportConnection> OpenAsync(ITransportConnection connection, CancellationToken cancellationToken)
    {
        await ((WebSocketConnection)connection).OpenAsync(cancellationToken).ConfigureAwait(false);
        return connection;
    }

    private static WebSocketAddress Parse(Multiaddr address, string code)
    {
        ArgumentNullException.ThrowIfNull(address);
        return WebSocketAddress.TryParse(address, out var parsed) ? parsed : throw new Libp2pException(code, $"{address} is no WebSocket address.");
    }
}
