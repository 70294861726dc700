using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Peers;

/// <summary>What is kept of a peer across restarts.</summary>
/// <param name="Peer">The peer.</param>
/// <param name="Tier"><see cref="PeerTier.Vouched"/> or <see cref="PeerTier.Good"/>.</param>
/// <param name="Addresses">Where it may be dialed.</param>
/// <param name="SignedRecord">See <see cref="PeerInfo.SignedRecord"/>.</param>
/// <param name="Tags">See <see cref="PeerInfo.Tags"/>.</param>
public sealed record StoredPeer(
    PeerId Peer, PeerTier Tier, IReadOnlyList<PeerAddress> Addresses, ReadOnlyMemory<byte> SignedRecord, IReadOnlyList<string> Tags);
