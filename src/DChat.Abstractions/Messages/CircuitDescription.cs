namespace DChat.Abstractions.Messages;

/// <summary>How a gateway takes part in circuit relay: whom it leads to, and at which relays it reserves.</summary>
[GenerateSerializer, Immutable, Alias("dchat.CircuitDescription")]
public sealed class CircuitDescription(
    string gateway,
    bool isServing,
    CircuitLimitsDescription limits,
    CircuitReservationDescription[] reservations,
    int circuits,
    long bytes,
    CircuitRequestCount[] requests,
    CircuitRelayDescription[] relays,
    GatewayAddressDescription[] addresses)
{
    /// <summary>The gateway's PeerId as text.</summary>
    [Id(0)]
    public string Gateway { get; } = gateway;

    /// <summary>Whether it leads connections to peers that reserve at it.</summary>
    [Id(1)]
    public bool IsServing { get; } = isServing;

    /// <summary>What it gives to others at most.</summary>
    [Id(2)]
    public CircuitLimitsDescription Limits { get; } = limits;

    /// <summary>The reservations it holds for peers, the one that ends first before the others.</summary>
    [Id(3)]
    public CircuitReservationDescription[] Reservations { get; } = reservations;

    /// <summary>Circuits through it that are open now.</summary>
    [Id(4)]
    public int Circuits { get; } = circuits;

    /// <summary>Bytes that circuits have carried since it started, both directions together.</summary>
    [Id(5)]
    public long Bytes { get; } = bytes;

    /// <summary>Requests of peers since it started, by what became of them.</summary>
    [Id(6)]
    public CircuitRequestCount[] Requests { get; } = requests;

    /// <summary>The relays at which it reserves or would, the named ones first.</summary>
    [Id(7)]
    public CircuitRelayDescription[] Relays { get; } = relays;

    /// <summary>The gateway's own addresses that others have tried, or will; none when it does not ask them.</summary>
    [Id(8)]
    public GatewayAddressDescription[] Addresses { get; } = addresses;
}
