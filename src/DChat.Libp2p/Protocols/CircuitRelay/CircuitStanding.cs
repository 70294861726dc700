namespace DChat.Libp2p.Protocols.CircuitRelay;

/// <summary>How a reservation at a relay stands.</summary>
/// <param name="Reservation">As the relay gave it last; null before the first.</param>
/// <param name="Limit">What the relay lets pass through a circuit.</param>
internal sealed record CircuitStanding(CircuitReservation? Reservation, CircuitLimit Limit)
{
    /// <summary>Nothing has been reserved yet.</summary>
    internal static CircuitStanding None { get; } = new(null, default);

    /// <summary>Since when nobody is led here; null while the reservation holds.</summary>
    internal DateTimeOffset? LostAt { get; init; }

    /// <summary>Why the relay could not be asked again, or what it answered; null when all is well.</summary>
    internal string? Fault { get; init; }
}
