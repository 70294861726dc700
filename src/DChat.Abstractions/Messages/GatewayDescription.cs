namespace DChat.Abstractions.Messages;

/// <summary>An edge gateway of the cluster, as it describes itself.</summary>
[GenerateSerializer, Immutable, Alias("dchat.GatewayDescription")]
public sealed class GatewayDescription(string peerId, string silo, string relay, string[] addresses, int peerCount, DateTimeOffset startedAt)
{
    /// <summary>Its libp2p PeerId as text, which names it.</summary>
    [Id(0)]
    public string PeerId { get; } = peerId;

    /// <summary>The name of the silo it runs in.</summary>
    [Id(1)]
    public string Silo { get; } = silo;

    /// <summary>The RelayId it speaks for: 64 lower-case hexadecimal digits.</summary>
    [Id(2)]
    public string Relay { get; } = relay;

    /// <summary>Where peers reach it: multiaddrs with <c>/p2p</c>.</summary>
    [Id(3)]
    public string[] Addresses { get; } = addresses;

    /// <summary>How many peers are connected to it.</summary>
    [Id(4)]
    public int PeerCount { get; } = peerCount;

    /// <summary>When it started.</summary>
    [Id(5)]
    public DateTimeOffset StartedAt { get; } = startedAt;
}
