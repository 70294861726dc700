namespace DChat.Abstractions.Messages;

/// <summary>What a lookup of a peer in the DHT found.</summary>
[GenerateSerializer, Immutable, Alias("dchat.DhtFinding")]
public sealed class DhtFinding(string peerId, string[] addresses, RelayGatewayDescription? relay)
{
    /// <summary>The peer's PeerId as text.</summary>
    [Id(0)]
    public string PeerId { get; } = peerId;

    /// <summary>Where others say it may be dialed; none when nobody knows.</summary>
    [Id(1)]
    public string[] Addresses { get; } = addresses;

    /// <summary>Its record when it is a relay's gateway; null when it has none that holds.</summary>
    [Id(2)]
    public RelayGatewayDescription? Relay { get; } = relay;
}
