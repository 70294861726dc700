using System.IO.Pipelines;
using DChat.Libp2p.Addresses;

namespace DChat.Libp2p.Transports.Proxies;

/// <summary>A connection that a proxy leads, under the address of the one it speaks for.</summary>
internal sealed class ReaddressedConnection(ITransportConnection inner, Multiaddr remote) : ITransportConnection
{
    public Multiaddr LocalAddress => inner.LocalAddress;

    public Multiaddr RemoteAddress => remote;

    public PipeReader Input => inner.Input;

    public PipeWriter Output => inner.Output;

    /// <summary>A TCP connection under the address that its PROXY header tells.</summary>
    /// <exception cref="Libp2pException">The header is malformed.</exception>
    internal static async ValueTask<ITransportConnection> ReadAsync(ITransportConnection connection, CancellationToken cancellationToken) =>
        await ProxyHeader.ReadAsync(connection.Input, cancellationToken).ConfigureAwait(false) is { } source
            ? new ReaddressedConnection(connection, Multiaddr.FromTcp(source))
            : connection;

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
