namespace DChat.Abstractions.Messages;

/// <summary>A gateway that was found in the DHT, with a record by which a relay speaks through it.</summary>
[GenerateSerializer, Immutable, Alias("dchat.RelayGatewayDescription")]
public sealed class RelayGatewayDescription(string peerId, string relay, string[] addresses, DateTimeOffset madeAt, DateTimeOffset notAfter, bool isConnected)
{
    /// <summary>Its PeerId as text.</summary>
    [Id(0)]
    public string PeerId { get; } = peerId;

    /// <summary>The RelayId that its record proves: 64 lower-case hexadecimal digits.</summary>
    [Id(1)]
    public string Relay { get; } = relay;

    /// <summary>Where its record says it is: multiaddrs, the best first.</summary>
    [Id(2)]
    public string[] Addresses { get; } = addresses;

    /// <summary>When the record was made.</summary>
    [Id(3)]
    public DateTimeOffset MadeAt { get; } = madeAt;

    /// <summary>Until when it holds.</summary>
    [Id(4)]
    public DateTimeOffset NotAfter { get; } = notAfter;

    /// <summary>Whether it is connected now.</summary>
    [Id(5)]
    public bool IsConnected { get; } = isConnected;
}
