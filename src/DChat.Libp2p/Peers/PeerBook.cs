using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Swarm;

namespace DChat.Libp2p.Peers;

/// <summary>
/// What a host knows about peers, connected or not. Bounded: when it is full, the peer not heard of for longest goes,
/// unless it is connected.
/// </summary>
public sealed class PeerBook
{
    /// <summary>Peers kept.</summary>
    public const int MaxPeers = 4096;

    /// <summary>Addresses kept of one peer.</summary>
    public const int MaxAddressesPerPeer = 32;

    private readonly Lock _gate = new();
    private readonly Dictionary<PeerId, PeerInfo> _peers = [];
    private readonly IPeerFilter _filter;
    private readonly Func<PeerId, bool> _isConnected;
    private readonly TimeProvider _time;

    internal PeerBook(IPeerFilter filter, Func<PeerId, bool> isConnected, TimeProvider time)
    {
        _filter = filter;
        _isConnected = isConnected;
        _time = time;
    }

    /// <summary>Everyone known, in no order.</summary>
    public IReadOnlyList<PeerInfo> All { get { lock (_gate) { return [.. _peers.Values]; } } }

    /// <summary>What is known about a peer; null when nothing is.</summary>
    public PeerInfo? Find(PeerId peer) { lock (_gate) { return _peers.GetValueOrDefault(peer); } }

    /// <summary>Adds addresses that the application vouches for, in front of those known.</summary>
    public void AddAddresses(PeerId peer, IEnumerable<Multiaddr> addresses)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        var added = addresses.ToArray();
        Update(peer, info => info with { Addresses = Merge(added, info.Addresses) });
    }

    /// <summary>Adds a peer that someone else told about, if the host's <see cref="IPeerFilter"/> takes it.</summary>
    /// <returns>Whether it did.</returns>
    public bool TryAddCandidate(PeerId peer, IReadOnlyList<Multiaddr> addresses)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        if (!_filter.AcceptCandidate(peer, addresses))
        {
            return false;
        }

        Update(peer, info => info with { Addresses = Merge(info.Addresses, addresses) });
        return true;
    }

    /// <summary>Forgets a peer.</summary>
    public bool Remove(PeerId peer) { lock (_gate) { return _peers.Remove(peer); } }

    /// <summary>Changes what is known about a peer, who may be new.</summary>
    internal PeerInfo Update(PeerId peer, Func<PeerInfo, PeerInfo> change)
    {
        lock (_gate)
        {
            if (!_peers.TryGetValue(peer, out var info))
            {
                MakeRoom();
                info = new PeerInfo(peer, []);
            }

            return _peers[peer] = change(info) with { UpdatedAt = _time.GetUtcNow() };
        }
    }

    internal static IReadOnlyList<Multiaddr> Merge(IEnumerable<Multiaddr> first, IEnumerable<Multiaddr> second) =>
        [.. first.Concat(second).Select(a => a.WithoutPeer()).Distinct().Take(MaxAddressesPerPeer)];

    private void MakeRoom()
    {
        if (_peers.Count < MaxPeers)
        {
            return;
        }

        var oldest = _peers.Values.Where(p => !_isConnected(p.Peer)).MinBy(p => p.UpdatedAt) ?? _peers.Values.MinBy(p => p.UpdatedAt);
        _peers.Remove(oldest!.Peer);
    }
}
