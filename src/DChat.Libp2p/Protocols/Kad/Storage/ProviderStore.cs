using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Kad.Routing;
using DChat.Libp2p.Protocols.Kad.Wire;

namespace DChat.Libp2p.Protocols.Kad.Storage;

/// <summary>Who said to provide which key, for a while. Bounded over all and for each key, and shared fairly in both. Thread-safe.</summary>
internal sealed class ProviderStore
{
    /// <summary>What a provider takes beside its addresses, in bytes.</summary>
    private const int Overhead = 256;

    private readonly Lock _gate = new();
    private readonly KademliaLimits _limits;
    private readonly TimeSpan _expiry;
    private readonly FairStore<(KadId Key, PeerId Peer), Provider> _all;
    private readonly Dictionary<KadId, FairStore<PeerId, Provider>> _keys = [];

    internal ProviderStore(KademliaLimits limits, TimeSpan expiry)
    {
        (_limits, _expiry) = (limits, expiry);
        _all = new(limits.MaxProviders, limits.MaxProviderBytes) { Removed = (id, _) => Forget(id.Key, id.Peer) };
    }

    internal int Count { get { lock (_gate) { return _all.Count; } } }

    /// <summary>Keeps a provider of a key; false when there is no room for it.</summary>
    /// <param name="key">What is provided.</param>
    /// <param name="peer">Who provides it, and where that peer may be dialed.</param>
    /// <param name="share">Whom it counts to.</param>
    /// <param name="now">The time.</param>
    internal bool Add(ReadOnlySpan<byte> key, KadPeer peer, string share, DateTimeOffset now)
    {
        var id = KadId.Of(key);
        var bytes = Overhead + peer.Addresses.Sum(a => a.Bytes.Length);
        lock (_gate)
        {
            _all.Remove((id, peer.Id));
            var provider = new Provider(peer, now);
            var ofKey = _keys.GetValueOrDefault(id) ?? new FairStore<PeerId, Provider>(_limits.MaxProvidersPerKey, long.MaxValue);
            if (!_all.TryPut((id, peer.Id), provider, bytes, share))
            {
                return false;
            }

            // Whoever must give way under this key goes altogether.
            ofKey.Removed = (other, _) => _all.Remove((id, other));
            if (ofKey.TryPut(peer.Id, provider, 1, share))
            {
                _keys[id] = ofKey;
                return true;
            }

            _all.Remove((id, peer.Id));
            return false;
        }
    }

    /// <summary>Who provides a key, the last to say so first.</summary>
    internal IReadOnlyList<KadPeer> Get(ReadOnlySpan<byte> key, DateTimeOffset now)
    {
        lock (_gate)
        {
            return !_keys.TryGetValue(KadId.Of(key), out var providers) ? []
                : [.. providers.Items.Select(p => p.Value).Where(p => now - p.SaidAt < _expiry).OrderByDescending(p => p.SaidAt).Select(p => p.Peer)];
        }
    }

    /// <summary>Drops those that have expired.</summary>
    internal void Sweep(DateTimeOffset now)
    {
        lock (_gate)
        {
            foreach (var (id, _) in _all.Items.Where(p => now - p.Value.SaidAt >= _expiry).ToArray())
            {
                _all.Remove(id);
            }
        }
    }

    private void Forget(KadId key, PeerId peer)
    {
        if (_keys.TryGetValue(key, out var providers))
        {
            providers.Remove(peer);
            if (providers.Count == 0)
            {
                _keys.Remove(key);
            }
        }
    }

    private sealed record Provider(KadPeer Peer, DateTimeOffset SaidAt);
}
