using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Protocols.CircuitRelay;

/// <summary>What a relay gives to others. The defaults are those of go, which suit a relay that only helps peers to meet.</summary>
public sealed class CircuitRelayOptions
{
    /// <summary>Whether peers are served from the start; see <see cref="CircuitRelayService.SetServing"/>. Default yes.</summary>
    public bool Serves { get; set; } = true;

    /// <summary>Peers that have a reservation at once. Default 128; at least 1.</summary>
    public int MaxReservations { get; set; } = 128;

    /// <summary>Reservations of one network: an IPv4 address or IPv6 /64. Default 8; at least 1.</summary>
    public int MaxReservationsPerNetwork { get; set; } = 8;

    /// <summary>How long a reservation lasts unless it is renewed. Default 1 h; 1 min to 1 day.</summary>
    public TimeSpan ReservationTtl { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Circuits open at once. Default 256; at least 1.</summary>
    public int MaxCircuits { get; set; } = 256;

    /// <summary>Circuits of one peer, in either role. Default 16; at least 1.</summary>
    public int MaxCircuitsPerPeer { get; set; } = 16;

    /// <summary>How long a circuit lasts; then it is reset. Default 2 min; 1 s to 1 day, or zero for no limit.</summary>
    public TimeSpan CircuitDuration { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Bytes that a circuit carries in each direction; then it is reset. Default 128 KiB; at least 1 KiB, or 0 for no limit.</summary>
    public long CircuitBytes { get; set; } = 128 * 1024;

    /// <summary>Time for a request, and for the peer at the other end to answer. Default 30 s, as in js; above zero.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether a peer may reserve; asked for every reservation. Default: everyone.</summary>
    public Func<PeerId, Multiaddr, bool> AllowReservation { get; set; } = static (_, _) => true;

    /// <summary>Whether the first peer may reach the second; asked for every circuit. Default: everyone.</summary>
    public Func<PeerId, PeerId, bool> AllowCircuit { get; set; } = static (_, _) => true;

    internal CircuitLimit Limit => new(CircuitDuration, CircuitBytes);

    /// <summary>What is wrong, one sentence each; empty when all is well.</summary>
    internal IReadOnlyList<string> Validate()
    {
        var faults = new List<string>();
        var counts = new (string Name, int Value)[]
        {
            (nameof(MaxReservations), MaxReservations),
            (nameof(MaxReservationsPerNetwork), MaxReservationsPerNetwork),
            (nameof(MaxCircuits), MaxCircuits),
            (nameof(MaxCircuitsPerPeer), MaxCircuitsPerPeer),
        };
        faults.AddRange(counts.Where(c => c.Value < 1).Select(c => $"{c.Name} must be at least 1."));
        Require(ReservationTtl >= TimeSpan.FromMinutes(1) && ReservationTtl <= TimeSpan.FromDays(1), $"{nameof(ReservationTtl)} must be 1 min to 1 day.");
        Require(
            CircuitDuration == TimeSpan.Zero || (CircuitDuration >= TimeSpan.FromSeconds(1) && CircuitDuration <= TimeSpan.FromDays(1)),
            $"{nameof(CircuitDuration)} must be zero or 1 s to 1 day.");
        Require(CircuitBytes is 0 or >= 1024, $"{nameof(CircuitBytes)} must be 0 or at least 1024.");
        Require(RequestTimeout > TimeSpan.Zero, $"{nameof(RequestTimeout)} must be above zero.");
        Require(AllowReservation is not null && AllowCircuit is not null, $"{nameof(AllowReservation)} and {nameof(AllowCircuit)} must not be null.");
        return faults;

        void Require(bool holds, string fault)
        {
            if (!holds)
            {
                faults.Add(fault);
            }
        }
    }
}
