namespace DChat.Abstractions.Messages;

/// <summary>What a gateway gives to others as a relay at most.</summary>
[GenerateSerializer, Immutable, Alias("dchat.CircuitLimitsDescription")]
public sealed class CircuitLimitsDescription(int reservations, int reservationsPerNetwork, int circuits, int circuitsPerPeer, TimeSpan duration, long bytes)
{
    /// <summary>Reservations at once.</summary>
    [Id(0)]
    public int Reservations { get; } = reservations;

    /// <summary>Reservations of one IPv4 address or IPv6 /64.</summary>
    [Id(1)]
    public int ReservationsPerNetwork { get; } = reservationsPerNetwork;

    /// <summary>Circuits at once.</summary>
    [Id(2)]
    public int Circuits { get; } = circuits;

    /// <summary>Circuits of one peer, whichever end it is.</summary>
    [Id(3)]
    public int CircuitsPerPeer { get; } = circuitsPerPeer;

    /// <summary>How long a circuit lasts; zero without limit.</summary>
    [Id(4)]
    public TimeSpan Duration { get; } = duration;

    /// <summary>Bytes that a circuit carries in each direction; 0 without limit.</summary>
    [Id(5)]
    public long Bytes { get; } = bytes;
}
