using DChat.Libp2p.Addresses;

namespace DChat.Libp2p.Swarm;

/// <summary>
/// The places of connections that peers opened and that are being set up. A newcomer always gets one: when there is no room, the
/// oldest of the network that holds the most loses its own. So silent sockets keep nobody out, and the more a network has the sooner
/// it loses.
/// </summary>
internal sealed class PendingPlaces(ConnectionLimits limits)
{
    private readonly Lock _gate = new();
    private readonly NetworkCounts _counts = new(limits.PendingInboundPerNetwork);

    /// <summary>Oldest first.</summary>
    private readonly List<PendingPlace> _places = [];

    /// <summary>Places taken.</summary>
    internal int Count { get { lock (_gate) { return _places.Count; } } }

    /// <summary>Takes a place; dispose it to give it back.</summary>
    internal PendingPlace Take(Multiaddr remote)
    {
        var place = new PendingPlace(AddressNetworks.Of(remote), Release);
        var evicted = new List<PendingPlace>();
        lock (_gate)
        {
            while (_counts.FullOf(place.Networks) is { } full)
            {
                evicted.Add(Evict([.. _places.Where(p => p.Networks.Contains(full))], nameof(limits.PendingInboundPerNetwork)));
            }

            if (_places.Count >= limits.MaxPendingInbound)
            {
                evicted.Add(Evict(_places, nameof(limits.MaxPendingInbound)));
            }

            _counts.Add(place.Networks);
            _places.Add(place);
        }

        evicted.ForEach(p => p.Cancel());
        return place;
    }

    private PendingPlace Evict(IReadOnlyList<PendingPlace> candidates, string limit)
    {
        var oldest = Crowd.Largest(candidates, p => p.Networks)[0];
        oldest.EvictedBy = limit;
        Remove(oldest);
        return oldest;
    }

    private void Release(PendingPlace place)
    {
        lock (_gate)
        {
            if (place.EvictedBy is null)
            {
                Remove(place);
            }
        }
    }

    private void Remove(PendingPlace place)
    {
        _places.Remove(place);
        _counts.Remove(place.Networks);
    }
}
