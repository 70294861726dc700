using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Peers;

/// <summary>
/// The records that this host signs: one for each class of peers, since each is told other addresses. Their sequences
/// grow together, so that each new one replaces all before it wherever they meet. Thread-safe.
/// </summary>
internal sealed class OwnRecords(PrivateKey identity, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<AddressClass, (IReadOnlyList<Multiaddr> Addresses, byte[] Signed)> _records = [];
    private ulong _sequence;

    /// <summary>The record for peers of a class; a new one when the addresses have changed.</summary>
    internal byte[] For(AddressClass peer, IReadOnlyList<Multiaddr> addresses)
    {
        lock (_gate)
        {
            if (!_records.TryGetValue(peer, out var record) || !record.Addresses.SequenceEqual(addresses))
            {
                _sequence = Math.Max((ulong)time.GetUtcNow().ToUnixTimeMilliseconds(), _sequence + 1);
                record = _records[peer] = (addresses, new PeerRecord(identity.Peer, _sequence, addresses).Sign(identity).Encode());
            }

            return record.Signed;
        }
    }
}
