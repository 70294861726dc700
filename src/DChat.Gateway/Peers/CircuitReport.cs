using DChat.Abstractions.Messages;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.AutoNat;
using DChat.Libp2p.Protocols.CircuitRelay;

namespace DChat.Gateway.Peers;

/// <summary>Describes a gateway's part in circuit relay for operators.</summary>
internal static class CircuitReport
{
    public static CircuitDescription Of(PeerId gateway, CircuitRelayService circuits, AutoRelay autoRelay, IReadOnlyList<AddressReachability> addresses) => new(
        gateway.ToString(),
        circuits.IsServing,
        Of(circuits.Options),
        [.. circuits.Reservations.Select(held => new CircuitReservationDescription(held.Peer.ToString(), held.Expires, held.Circuits, held.Bytes))],
        circuits.CircuitCount,
        circuits.CarriedBytes,
        [.. Counts("reserve", circuits.ReservationRequests), .. Counts("connect", circuits.CircuitRequests)],
        [.. autoRelay.Relays.Select(Of)],
        [.. addresses.Select(Of)]);

    public static CircuitRelayDescription Of(AutoRelayStatus status) => new(status.Relay.ToString(), NameOf(status.State), status.IsNamed)
    {
        Expires = status.Expires,
        Duration = status.CircuitDuration,
        Bytes = status.CircuitBytes,
        RetryAt = status.RetryAt,
        Fault = status.Fault,
    };

    public static string NameOf(AutoRelayState state) => state switch
    {
        AutoRelayState.Asking => "asking",
        AutoRelayState.Reserved => CircuitRelayDescription.Reserved,
        AutoRelayState.Lost => "lost",
        _ => "waiting",
    };

    private static GatewayAddressDescription Of(AddressReachability found) =>
        new(found.Address.ToString(), NameOf(found.Reachability), found.Reached, found.Failed, found.SettledAt);

    private static string NameOf(Reachability reachability) => reachability switch
    {
        Reachability.Reachable => "reachable",
        Reachability.Unreachable => "unreachable",
        _ => "unknown",
    };

    private static CircuitLimitsDescription Of(CircuitRelayOptions limits) => new(
        limits.MaxReservations, limits.MaxReservationsPerNetwork, limits.MaxCircuits, limits.MaxCircuitsPerPeer, limits.CircuitDuration, limits.CircuitBytes);

    private static IEnumerable<CircuitRequestCount> Counts(string request, IReadOnlyDictionary<CircuitStatus, long> counts) =>
        counts.OrderBy(count => count.Key).Select(count => new CircuitRequestCount(request, count.Key.ToName(), count.Value));
}
