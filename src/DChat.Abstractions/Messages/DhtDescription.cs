namespace DChat.Abstractions.Messages;

/// <summary>What a gateway knows of the network's DHT.</summary>
[GenerateSerializer, Immutable, Alias("dchat.DhtDescription")]
public sealed class DhtDescription(
    string gateway, string protocol, bool isServing, bool isReady, DhtPeerDescription[] table, RelayGatewayDescription[] relays)
{
    /// <summary>The gateway's PeerId as text.</summary>
    [Id(0)]
    public string Gateway { get; } = gateway;

    /// <summary>The protocol spoken, such as <c>/dchat/kad/1.0.0</c>.</summary>
    [Id(1)]
    public string Protocol { get; } = protocol;

    /// <summary>Whether it keeps a part of the DHT for others.</summary>
    [Id(2)]
    public bool IsServing { get; } = isServing;

    /// <summary>Whether it has found anybody yet.</summary>
    [Id(3)]
    public bool IsReady { get; } = isReady;

    /// <summary>The peers of its routing table, by bucket.</summary>
    [Id(4)]
    public DhtPeerDescription[] Table { get; } = table;

    /// <summary>The gateways of relays that it has found, by PeerId, those that are not connected too.</summary>
    [Id(5)]
    public RelayGatewayDescription[] Relays { get; } = relays;
}
