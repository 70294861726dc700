using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Peers;

/// <summary>What is known about a peer.</summary>
/// <param name="Peer">The peer.</param>
public sealed record PeerInfo(PeerId Peer)
{
    /// <summary>
    /// Where it may be dialed, without <c>/p2p</c>: first what the application said, then what the peer certified, where it
    /// was reached, what it claims, what others told. At most <see cref="PeerStore.MaxAddressesPerPeer"/>.
    /// </summary>
    public IReadOnlyList<Multiaddr> Addresses { get; private init; } = [];

    /// <summary>The <see cref="Addresses"/>, and why each is believed.</summary>
    public IReadOnlyList<PeerAddress> Sources
    {
        get;
        init
        {
            field = value;
            Addresses = [.. value.Select(a => a.Address)];
            NextExpiry = value.Min(a => a.ExpiresAt);
        }
    } = [];

    /// <summary>
    /// The newest record the peer has signed; null before one was seen. It may name addresses that are not among
    /// <see cref="Addresses"/>, because they mean another host here than there.
    /// </summary>
    public PeerRecord? Record { get; init; }

    /// <summary>
    /// <see cref="Record"/> as it was signed, to be passed on; empty when there is none or it is longer than
    /// <see cref="PeerStore.MaxSignedRecordLength"/>.
    /// </summary>
    public ReadOnlyMemory<byte> SignedRecord { get; init; }

    /// <summary>What the application noted about it; at most <see cref="PeerStore.MaxTags"/>.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

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

    /// <summary>When the first of its addresses expires; null when none does.</summary>
    internal DateTimeOffset? NextExpiry { get; private init; }

    /// <summary>Takes a record on if it is newer than the one known.</summary>
    /// <param name="record">A record of the peer that was opened.</param>
    /// <param name="signed">The same, as it was signed.</param>
    /// <param name="teller">The class that it came from.</param>
    /// <param name="now">The time.</param>
    internal PeerInfo WithRecord(PeerRecord record, ReadOnlyMemory<byte> signed, AddressClass teller, DateTimeOffset now) =>
        Record is not null && record.Sequence <= Record.Sequence ? this : this with
        {
            Record = record,
            SignedRecord = signed.Length <= PeerStore.MaxSignedRecordLength ? signed : default,
            Sources = PeerAddresses.Replace(Sources, record.Addresses, AddressSource.Certified, teller, now),
        };
}
