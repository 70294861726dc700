using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Protocols.CircuitRelay;

/// <summary>Who has a reservation, and how many circuits are open for whom. A plain machine: the time and who is connected come in. Thread-safe.</summary>
internal sealed class ReservationTable(CircuitRelayOptions options, Func<PeerId, bool> isConnected)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<PeerId, (DateTimeOffset Expires, IPNetwork? Network)> _reservations = [];
    private readonly Dictionary<PeerId, int> _circuits = [];
    private readonly Dictionary<PeerId, StrongBox<long>> _bytes = [];
    private int _open;

    /// <summary>Reservations, those that have ended unseen included.</summary>
    internal int Count { get { lock (_gate) { return _reservations.Count; } } }

    /// <summary>Circuits open now.</summary>
    internal int Circuits { get { lock (_gate) { return _open; } } }

    /// <summary>Reservations that hold now, the one that ends first before the others.</summary>
    internal IReadOnlyList<HeldReservation> Describe(DateTimeOffset now)
    {
        lock (_gate)
        {
            return
            [
                .. _reservations.Where(r => r.Value.Expires > now && isConnected(r.Key))
                    .OrderBy(r => r.Value.Expires)
                    .ThenBy(r => r.Key)
                    .Select(r => new HeldReservation(r.Key, r.Value.Expires, _circuits.GetValueOrDefault(r.Key), _bytes.TryGetValue(r.Key, out var bytes) ? Volatile.Read(ref bytes.Value) : 0)),
            ];
        }
    }

    /// <summary>
    /// What counts the bytes that are carried for a peer, to it or from it, so that circuits do not meet at a lock for every chunk.
    /// Forgotten with its reservation.
    /// </summary>
    internal StrongBox<long> CarriedFor(PeerId peer)
    {
        lock (_gate)
        {
            return _reservations.ContainsKey(peer) ? CollectionsMarshal.GetValueRefOrAddDefault(_bytes, peer, out _) ??= new() : new();
        }
    }

    /// <summary>Gives a peer a reservation, or renews it; false when its network or the relay has no place.</summary>
    internal bool TryReserve(PeerId peer, IPNetwork? network, DateTimeOffset now, out DateTimeOffset expires)
    {
        lock (_gate)
        {
            expires = now + options.ReservationTtl;
            var isNew = !_reservations.ContainsKey(peer);
            if (isNew && IsFull(network))
            {
                Forget(now);
                if (IsFull(network))
                {
                    return false;
                }
            }

            _reservations[peer] = (expires, network);
            return true;
        }
    }

    /// <summary>Opens a circuit; anything but <see cref="CircuitStatus.Ok"/> says why not. What is opened must be closed.</summary>
    internal CircuitStatus TryOpen(PeerId from, PeerId to, DateTimeOffset now)
    {
        lock (_gate)
        {
            if (!_reservations.TryGetValue(to, out var reservation) || reservation.Expires <= now || !isConnected(to))
            {
                return CircuitStatus.NoReservation;
            }

            if (_open >= options.MaxCircuits
                || _circuits.GetValueOrDefault(from) >= options.MaxCircuitsPerPeer
                || _circuits.GetValueOrDefault(to) >= options.MaxCircuitsPerPeer)
            {
                return CircuitStatus.ResourceLimitExceeded;
            }

            _open++;
            Change(from, 1);
            Change(to, 1);
            return CircuitStatus.Ok;
        }
    }

    internal void Close(PeerId from, PeerId to)
    {
        lock (_gate)
        {
            _open--;
            Change(from, -1);
            Change(to, -1);
        }
    }

    private bool IsFull(IPNetwork? network) => _reservations.Count >= options.MaxReservations
        || (network is not null && _reservations.Values.Count(r => r.Network.Equals(network)) >= options.MaxReservationsPerNetwork);

    /// <summary>Drops what has expired and what is of peers that are gone.</summary>
    private void Forget(DateTimeOffset now)
    {
        foreach (var (peer, reservation) in _reservations.ToArray())
        {
            if (reservation.Expires <= now || !isConnected(peer))
            {
                _reservations.Remove(peer);
                _bytes.Remove(peer);
            }
        }
    }

    private void Change(PeerId peer, int change)
    {
        var count = _circuits.GetValueOrDefault(peer) + change;
        if (count == 0)
        {
            _circuits.Remove(peer);
        }
        else
        {
            _circuits[peer] = count;
        }
    }
}
