using System.Net;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Transports;

namespace DChat.Libp2p.Streams;

/// <summary>What protocols and applications have of a host: peers, connections, streams and events. Thread-safe.</summary>
/// <remarks>
/// Depend on this where code is to be tested without a network: a stub or a decorator may stand in its place. <see cref="PeerConnection"/>
/// and <see cref="Libp2pStream"/> can be made of any <see cref="Transports.IMuxedConnection"/> and <see cref="Transports.IMuxedStream"/>,
/// and a <see cref="PeerEventFeed"/> hands out what <see cref="Subscribe"/> returns.
/// </remarks>
public interface ILibp2pHost
{
    /// <summary>This peer.</summary>
    PeerId LocalPeer { get; }

    /// <summary>What is known about other peers.</summary>
    IPeerStore Peers { get; }

    /// <summary>What connections are worth: protocols tag and protect the peers that they need.</summary>
    IConnectionManager ConnectionManager { get; }

    /// <summary>What the host holds for its peers, and how much it may.</summary>
    IResourceManager Resources { get; }

    /// <summary>Where this host can be reached, and what it tells peers about that.</summary>
    IAddressManager Addresses { get; }

    /// <summary>Every open connection.</summary>
    IReadOnlyList<PeerConnection> Connections { get; }

    /// <summary>The clock: every timeout of a protocol is measured by it.</summary>
    TimeProvider Time { get; }

    /// <summary>The key that <see cref="LocalPeer"/> names.</summary>
    PublicKey PublicKey { get; }

    /// <summary>The protocols served, in the order of their names.</summary>
    IReadOnlyList<string> Protocols { get; }

    /// <summary>
    /// Signs on behalf of this peer. Begin what you sign with a text of your protocol's own, or seal it by
    /// <see cref="SignedEnvelope.Seal(PublicKey, Func{ReadOnlySpan{byte}, byte[]}, string, ReadOnlySpan{byte}, ReadOnlySpan{byte})"/>:
    /// a signature over what a peer chooses can mean something elsewhere.
    /// </summary>
    /// <param name="data">The bytes to sign.</param>
    /// <returns>A signature that <see cref="PublicKey"/> verifies.</returns>
    byte[] Sign(ReadOnlySpan<byte> data);

    /// <summary>What it listens by now, the earliest first; those of circuits too.</summary>
    IReadOnlyList<ITransportListener> Listeners { get; }

    /// <summary>Listens on one more address. Connected peers are told, unless addresses to announce are configured.</summary>
    /// <param name="address">Where; port 0 takes a free one.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Where it listens.</returns>
    /// <exception cref="Libp2pException">
    /// No transport takes the address (<see cref="Libp2pErrorCodes.NoAddress"/>), or it cannot be listened on.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The host stops.</exception>
    Task<Multiaddr> ListenAsync(Multiaddr address, CancellationToken cancellationToken = default);

    /// <summary>Stops listening on an address. Connections that came by it go on, and connected peers are told.</summary>
    /// <param name="address">As it was given to listen on, or as the listener has it.</param>
    /// <returns>Whether the host listened there.</returns>
    Task<bool> UnlistenAsync(Multiaddr address);

    /// <summary>Serves a protocol from now on, in place of the handler it had. Connected peers are told.</summary>
    /// <param name="protocol">The id, such as <c>/chat/1.0.0</c>.</param>
    /// <param name="handler">Called for every stream that a peer opens.</param>
    /// <param name="limits">Streams per peer; <see cref="ProtocolLimits.Default"/> when null.</param>
    void SetStreamHandler(string protocol, StreamHandler handler, ProtocolLimits? limits = null);

    /// <summary>Stops serving a protocol. Open streams go on. Connected peers are told.</summary>
    /// <returns>Whether it was served.</returns>
    bool RemoveStreamHandler(string protocol);

    /// <summary>A connection to a peer: one that is open, or a new one to an address the peer store knows.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="Libp2pException">It cannot be reached.</exception>
    Task<PeerConnection> ConnectAsync(PeerId peer, CancellationToken cancellationToken = default);

    /// <summary>Opens a stream to a peer, connecting to it at its known addresses if need be.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="protocols">Protocols to propose, the preferred first.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="Libp2pException">
    /// The peer cannot be reached, or speaks none of them (<see cref="Libp2pErrorCodes.NotSupported"/>). The latter may
    /// show only when the stream is read or written, if the peer had said that it does.
    /// </exception>
    Task<Libp2pStream> NewStreamAsync(PeerId peer, IReadOnlyList<string> protocols, CancellationToken cancellationToken = default);

    /// <summary>As the overload without options.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="protocols">Protocols to propose, the preferred first.</param>
    /// <param name="options">How the peer is to be reached.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<Libp2pStream> NewStreamAsync(PeerId peer, IReadOnlyList<string> protocols, DialOptions options, CancellationToken cancellationToken = default);

    /// <summary>Opens a stream on a connection; otherwise like the overload that takes a peer.</summary>
    Task<Libp2pStream> NewStreamAsync(PeerConnection connection, IReadOnlyList<string> protocols, CancellationToken cancellationToken = default);

    /// <summary>A connection to the peer that <paramref name="address"/> names, one that is open or a new one; or to whoever answers there when it names nobody.</summary>
    /// <exception cref="Libp2pException">Nobody answers, or not the named peer (<see cref="Libp2pErrorCodes.PeerMismatch"/>).</exception>
    Task<PeerConnection> ConnectAsync(Multiaddr address, CancellationToken cancellationToken = default);

    /// <summary>A connection to a peer: one that is open, or a new one to the given addresses and those the peer store knows.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="addresses">Where it may be.</param>
    /// <param name="options">How it is to be reached.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="Libp2pException">
    /// The peer is not connected and was not to be dialed (<see cref="Libp2pErrorCodes.NotConnected"/>), no address is known, or none led
    /// to the peer.
    /// </exception>
    Task<PeerConnection> ConnectAsync(PeerId peer, IEnumerable<Multiaddr> addresses, DialOptions options, CancellationToken cancellationToken = default);

    /// <summary>Whether a transport takes an address. Says nothing about who is there, or about a gater.</summary>
    bool CanDial(Multiaddr address);

    /// <summary>The open connections to a peer; two that dialed each other at once may have two.</summary>
    IReadOnlyList<PeerConnection> ConnectionsTo(PeerId peer);

    /// <summary>Closes every connection to a peer; it may connect again.</summary>
    Task DisconnectAsync(PeerId peer);

    /// <summary>
    /// Closes every connection to a peer and takes on none for a while, whoever dials. Ids cost nothing: when many peers of a
    /// network are refused, so is every new connection from it, until they are fewer. The longest refusals are kept when there
    /// are too many.
    /// </summary>
    /// <param name="peer">The peer.</param>
    /// <param name="period">How long, at least 0.</param>
    /// <param name="networks">The networks it counts in, such as those of its address; none when null.</param>
    Task RefuseAsync(PeerId peer, TimeSpan period, IReadOnlyList<IPNetwork>? networks = null);

    /// <summary>The events from now on.</summary>
    /// <param name="capacity">Events kept for a reader that falls behind before some are merged, at least 1.</param>
    PeerEventSubscription Subscribe(int capacity = PeerEventSubscription.DefaultCapacity);
}
