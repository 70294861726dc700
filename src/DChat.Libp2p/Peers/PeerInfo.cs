using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Peers;

/// <summary>What is known about a peer.</summary>
/// <param name="Peer">The peer.</param>
/// <param name="Addresses">Where it may be dialed, without <c>/p2p</c>; at most <see cref="PeerBook.MaxAddressesPerPeer"/>.</param>
public sealed record PeerInfo(PeerId Peer, IReadOnlyList<Multiaddr> Addresses)
{
    /// <summary>The newest record the peer has signed; its addresses are among <see cref="Addresses"/>. Null before one was seen.</summary>
    public PeerRecord? Record { get; init; }

    /// <summary>The protocols it says it speaks; null before it was identified.</summary>
    public IReadOnlySet<string>? Protocols { get; init; }

    /// <summary>Its software, such as <c>js-libp2p/3.3.11</c>.</summary>
    public string? AgentVersion { get; init; }

    /// <summary>The family of protocols it belongs to, such as <c>ipfs/0.1.0</c>.</summary>
    public string? ProtocolVersion { get; init; }

    /// <summary>Where the peer sees this host connect from, without <c>/p2p</c>.</summary>
    public Multiaddr? ObservedAddress { get; init; }

    /// <summary>When anything was last learnt about it.</summary>
    public DateTimeOffset UpdatedAt { get; init; }
}
