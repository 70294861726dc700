using System.Diagnostics.CodeAnalysis;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Swarm;

namespace DChat.Libp2p.Peers;

/// <summary>What a host knows about peers, connected or not. Bounded, by <see cref="PeerTier"/>. Thread-safe.</summary>
public interface IPeerStore
{
    /// <summary>Everyone known, in no order.</summary>
    IReadOnlyList<PeerInfo> All { get; }

    /// <summary>What is known about a peer; null when nothing is. Cheap enough for every stream.</summary>
    PeerInfo? Find(PeerId peer);

    /// <summary>How much a peer matters; null when it is not known.</summary>
    PeerTier? TierOf(PeerId peer);

    /// <summary>
    /// Keeps a peer whatever strangers say, with addresses that the application vouches for: they do not expire. Beyond
    /// <see cref="PeerStoreLimits.MaxVouched"/>, the one that was vouched for or heard of longest ago loses this.
    /// </summary>
    void Vouch(PeerId peer, IEnumerable<Multiaddr> addresses);

    /// <summary>Adds a peer that someone else told about, if the host's <see cref="IPeerFilter"/> takes it.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="addresses">Where it is said to be.</param>
    /// <param name="teller">
    /// The connection on which it was told: addresses that mean another host there than here are passed over. Null when
    /// this machine found the peer by itself.
    /// </param>
    /// <returns>Whether it was taken.</returns>
    bool TryAddCandidate(PeerId peer, IReadOnlyList<Multiaddr> addresses, PeerConnection? teller = null);

    /// <summary>Adds a peer by the record that it signed, if the record opens and the host's <see cref="IPeerFilter"/> takes it.</summary>
    /// <param name="signedRecord">An encoded <see cref="SignedEnvelope"/> with a <see cref="PeerRecord"/>.</param>
    /// <param name="info">What is known about the peer now.</param>
    /// <param name="teller">As for <see cref="TryAddCandidate"/>.</param>
    /// <returns>Whether it was taken; an old record is taken and changes nothing.</returns>
    bool TryAddRecord(ReadOnlySpan<byte> signedRecord, [NotNullWhen(true)] out PeerInfo? info, PeerConnection? teller = null);

    /// <summary>Notes something about a peer.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="tag">1 to <see cref="PeerStore.MaxTagLength"/> characters.</param>
    /// <returns>Whether it is noted now: not when the peer is unknown or has <see cref="PeerStore.MaxTags"/> others.</returns>
    bool Tag(PeerId peer, string tag);

    /// <summary>Takes a note back.</summary>
    /// <returns>Whether it was there.</returns>
    bool Untag(PeerId peer, string tag);

    /// <summary>Counts a peer as good, as one is that was connected for <see cref="PeerStoreLimits.GoodAfter"/>: it is exported.</summary>
    /// <returns>Whether it is known.</returns>
    bool MarkGood(PeerId peer);

    /// <summary>Writes the vouched and good peers to the host's file now, if it has one. What fails is logged.</summary>
    Task SaveAsync();

    /// <summary>Forgets a peer.</summary>
    bool Remove(PeerId peer);

    /// <summary>The vouched and good peers, the most recent first.</summary>
    IReadOnlyList<StoredPeer> Export();

    /// <summary>Adds exported peers, as if their addresses had been learnt now. Records that do not open are passed over.</summary>
    void Import(IReadOnlyList<StoredPeer> peers);
}
