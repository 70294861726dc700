using System.Net;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Swarm;

/// <summary>
/// Peers that are refused for a while. Ids cost nothing, so a network with many refused peers is refused itself until they
/// are fewer. What is not refused here, the application's gater decides. Thread-safe.
/// </summary>
internal sealed class RefusedPeers(IConnectionGater next, TimeProvider time) : IConnectionGater
{
    /// <summary>Peers refused at once; those refused for the shortest time still are let go for others.</summary>
    internal const int MaxPeers = 16_384;

    /// <summary>Refused peers from which on their network is refused.</summary>
    internal const int MaxPerNetwork = 16;

    private readonly Lock _gate = new();
    private readonly long _started = time.GetTimestamp();
    private readonly Dictionary<PeerId, Refusal> _peers = [];
    private readonly Dictionary<IPNetwork, int> _networks = [];
    private readonly PriorityQueue<Refusal, TimeSpan> _ends = new();

    internal int Count { get { lock (_gate) { Expire(); return _peers.Count; } } }

    /// <summary>Refuses a peer from now on; for longer, when it is refused already.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="networks">The networks that it counts in.</param>
    /// <param name="period">How long.</param>
    internal void Refuse(PeerId peer, IReadOnlyList<IPNetwork> networks, TimeSpan period)
    {
        lock (_gate)
        {
            Expire();
            var until = Now + period;
            if (_peers.TryGetValue(peer, out var known))
            {
                if (known.Until >= until)
                {
                    return;
                }

                Remove(known);
            }

            var refusal = new Refusal(peer, networks, until);
            _peers[peer] = refusal;
            _ends.Enqueue(refusal, until);
            foreach (var network in networks)
            {
                _networks[network] = _networks.GetValueOrDefault(network) + 1;
            }

            while (_peers.Count > MaxPeers)
            {
                Remove(_ends.Dequeue());
            }
        }
    }

    public bool AllowDial(PeerId? peer, Multiaddr address) => (peer is null || !IsRefused(peer)) && next.AllowDial(peer, address);

    public bool AllowInbound(Multiaddr remoteAddress) => !IsRefused(remoteAddress) && next.AllowInbound(remoteAddress);

    public bool AllowConnection(PeerId peer, Direction direction, Multiaddr remoteAddress) =>
        !IsRefused(peer) && next.AllowConnection(peer, direction, remoteAddress);

    private TimeSpan Now => time.GetElapsedTime(_started);

    private bool IsRefused(PeerId peer)
    {
        lock (_gate)
        {
            Expire();
            return _peers.ContainsKey(peer);
        }
    }

    private bool IsRefused(Multiaddr address)
    {
        lock (_gate)
        {
            Expire();
            return _networks.Count > 0 && AddressNetworks.Of(address).Any(n => _networks.GetValueOrDefault(n) >= MaxPerNetwork);
        }
    }

    private void Expire()
    {
        while (_ends.TryPeek(out var refusal, out var until) && until <= Now)
        {
            _ends.Dequeue();
            Remove(refusal);
        }
    }

    /// <summary>Does nothing about one that another has replaced.</summary>
    private void Remove(Refusal refusal)
    {
        if (_peers.GetValueOrDefault(refusal.Peer) != refusal)
        {
            return;
        }

        _peers.Remove(refusal.Peer);
        foreach (var network in refusal.Networks)
        {
            if (--_networks[network] == 0)
            {
                _networks.Remove(network);
            }
        }
    }

    private sealed class Refusal(PeerId peer, IReadOnlyList<IPNetwork> networks, TimeSpan until)
    {
        internal PeerId Peer => peer;

        internal IReadOnlyList<IPNetwork> Networks => networks;

        internal TimeSpan Until => until;
    }
}
