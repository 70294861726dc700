using System.Diagnostics.CodeAnalysis;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Wire;

namespace DChat.Libp2p.Peers;

/// <summary>
/// Where a peer says it can be dialed (RFC 0003): <c>{1 peer_id, 2 seq, 3 repeated {1 multiaddr}}</c>, carried in a
/// <see cref="SignedEnvelope"/>. A newer record, by <see cref="Sequence"/>, replaces the older whole.
/// </summary>
/// <param name="Peer">Whom the record is about; must be the signer.</param>
/// <param name="Sequence">Grows strictly with each record of a peer; Unix milliseconds by custom.</param>
/// <param name="Addresses">At most <see cref="MaxAddresses"/> when decoded.</param>
public sealed record PeerRecord(PeerId Peer, ulong Sequence, IReadOnlyList<Multiaddr> Addresses)
{
    /// <summary>The most addresses taken from a record; the rest is passed over.</summary>
    public const int MaxAddresses = 64;

    // Deployed constants; RFC 0003 has others.
    private const string Domain = "libp2p-peer-record";
    private const string LegacyDomain = "libp2p-routing-state";
    private static readonly byte[] PayloadType = [0x03, 0x01];
    private static readonly byte[] LegacyPayloadType = "/libp2p/routing-state-record"u8.ToArray();

    /// <summary>Signs this record.</summary>
    /// <exception cref="ArgumentException"><paramref name="key"/> is not <see cref="Peer"/>'s.</exception>
    public SignedEnvelope Sign(PrivateKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (!key.Peer.Equals(Peer))
        {
            throw new ArgumentException("A record is signed by the peer it is about.", nameof(key));
        }

        var writer = new ProtobufWriter().Bytes(1, Peer.Bytes.Span).Varint(2, Sequence);
        foreach (var address in Addresses)
        {
            writer.Bytes(3, new ProtobufWriter().Bytes(1, address.Bytes.Span).Written.Span);
        }

        return SignedEnvelope.Seal(key, Domain, PayloadType, writer.Written.Span);
    }

    /// <summary>
    /// Opens a signed record: false unless it decodes, the signature verifies and the signer is the peer it is about.
    /// Addresses that do not decode are dropped.
    /// </summary>
    public static bool TryOpen(ReadOnlySpan<byte> envelope, [NotNullWhen(true)] out PeerRecord? record)
    {
        record = null;
        return SignedEnvelope.TryDecode(envelope, out var signed)
            && DomainOf(signed.PayloadType.Span) is { } domain
            && TryDecode(signed.Payload.Span, out var decoded)
            && decoded.Peer.Equals(signed.Signer.Peer)
            && signed.Verify(domain)
            && (record = decoded) is not null;
    }

    private static string? DomainOf(ReadOnlySpan<byte> payloadType)
    {
        if (payloadType.SequenceEqual(PayloadType))
        {
            return Domain;
        }

        // Old rust nodes still sign with RFC 0003's constants.
        return payloadType.SequenceEqual(LegacyPayloadType) ? LegacyDomain : null;
    }

    private static bool TryDecode(ReadOnlySpan<byte> protobuf, [NotNullWhen(true)] out PeerRecord? record)
    {
        record = null;
        PeerId? peer = null;
        ulong sequence = 0;
        var addresses = new List<Multiaddr>();
        var reader = new ProtobufReader(protobuf);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1 when reader.IsBytes && !PeerId.TryFromBytes(reader.Bytes, out peer):
                    return false;
                case 2:
                    sequence = reader.Number;
                    break;
                case 3 when addresses.Count < MaxAddresses && TryDecodeAddress(reader.Bytes, out var address):
                    addresses.Add(address);
                    break;
            }
        }

        if (reader.IsMalformed || peer is null)
        {
            return false;
        }

        record = new PeerRecord(peer, sequence, addresses);
        return true;
    }

    private static bool TryDecodeAddress(ReadOnlySpan<byte> addressInfo, [NotNullWhen(true)] out Multiaddr? address)
    {
        address = null;
        var reader = new ProtobufReader(addressInfo);
        while (reader.Next())
        {
            if (reader.Field == 1 && Multiaddr.TryDecode(reader.Bytes, out address))
            {
                return true;
            }
        }

        return false;
    }
}
