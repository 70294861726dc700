namespace DChat.Abstractions.Messages;

/// <summary>A reservation that a gateway holds for a peer.</summary>
[GenerateSerializer, Immutable, Alias("dchat.CircuitReservationDescription")]
public sealed class CircuitReservationDescription(string peerId, DateTimeOffset expires, int circuits, long bytes)
{
    /// <summary>The peer's PeerId as text.</summary>
    [Id(0)]
    public string PeerId { get; } = peerId;

    /// <summary>Until when, unless it is renewed.</summary>
    [Id(1)]
    public DateTimeOffset Expires { get; } = expires;

    /// <summary>Circuits open now that the peer is an end of.</summary>
    [Id(2)]
    public int Circuits { get; } = circuits;

    /// <summary>Bytes that circuits to the peer have carried since it reserved, both directions together.</summary>
    [Id(3)]
    public long Bytes { get; } = bytes;
}
