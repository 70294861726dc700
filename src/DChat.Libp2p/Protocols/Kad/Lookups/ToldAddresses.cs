using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Protocols.Kad.Lookups;

/// <summary>The addresses that peers have told of others during one lookup.</summary>
internal sealed class ToldAddresses
{
    /// <summary>Addresses kept of a peer.</summary>
    internal const int MaxPerPeer = 16;

    private readonly Dictionary<PeerId, (List<Multiaddr> Addresses, int Tried)> _peers = [];

    internal IReadOnlyList<Multiaddr> Of(PeerId peer) => _peers.TryGetValue(peer, out var told) ? [.. told.Addresses] : [];

    /// <summary>Adds addresses; true when one of them is new.</summary>
    internal bool Add(PeerId peer, IEnumerable<Multiaddr> addresses)
    {
        var (known, tried) = _peers.GetValueOrDefault(peer, ([], 0));
        var before = known.Count;
        foreach (var address in addresses.Where(a => known.Count < MaxPerPeer && !known.Contains(a)))
        {
            known.Add(address);
        }

        _peers[peer] = (known, tried);
        return known.Count > before;
    }

    /// <summary>A peer is asked at the addresses known so far.</summary>
    internal void Asked(PeerId peer)
    {
        if (_peers.TryGetValue(peer, out var told))
        {
            _peers[peer] = told with { Tried = told.Addresses.Count };
        }
    }

    /// <summary>Whether an address was added since the peer was asked.</summary>
    internal bool HasNewsOf(PeerId peer) => _peers.TryGetValue(peer, out var told) && told.Addresses.Count > told.Tried;
}
