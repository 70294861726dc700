using DChat.Libp2p.Addresses;

namespace DChat.Libp2p.Transports;

/// <summary>
/// A way to carry bytes between two hosts. Connections come out unsecured; the swarm upgrades them
/// (connections/README.md).
/// </summary>
public interface ITransport
{
    /// <summary>Whether <paramref name="address"/> is of this transport, apart from a trailing <c>/p2p</c>.</summary>
    bool Matches(Multiaddr address);

    /// <summary>Connects.</summary>
    /// <exception cref="Libp2pException">Nobody answers there (<see cref="Libp2pErrorCodes.DialFailed"/>).</exception>
    ValueTask<ITransportConnection> DialAsync(Multiaddr address, CancellationToken cancellationToken = default);

    /// <summary>Connects from a free port, even where <see cref="DialAsync"/> connects from the port that is listened on.</summary>
    /// <exception cref="Libp2pException">Nobody answers there (<see cref="Libp2pErrorCodes.DialFailed"/>).</exception>
    ValueTask<ITransportConnection> DialFromFreePortAsync(Multiaddr address, CancellationToken cancellationToken = default) => DialAsync(address, cancellationToken);

    /// <summary>Starts to listen.</summary>
    /// <exception cref="Libp2pException">The address cannot be listened on (<see cref="Libp2pErrorCodes.ListenFailed"/>).</exception>
    ValueTask<ITransportListener> ListenAsync(Multiaddr address, CancellationToken cancellationToken = default);
}
