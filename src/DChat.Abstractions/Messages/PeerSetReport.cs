namespace DChat.Abstractions.Messages;

/// <summary>A gateway and who is connected to it.</summary>
[GenerateSerializer, Immutable, Alias("dchat.PeerSetReport")]
public sealed class PeerSetReport(GatewayDescription gateway, DateTimeOffset reportedAt, int totalPeers, PeerDescription[] peers)
{
    /// <summary>The most peers a report describes.</summary>
    public const int MaxPeers = 1024;

    /// <summary>The gateway.</summary>
    [Id(0)]
    public GatewayDescription Gateway { get; } = gateway;

    /// <summary>When it looked, by its own clock.</summary>
    [Id(1)]
    public DateTimeOffset ReportedAt { get; } = reportedAt;

    /// <summary>How many peers are connected to it, also those that the report leaves out.</summary>
    [Id(2)]
    public int TotalPeers { get; } = totalPeers;

    /// <summary>The peers, those connected longest first; at most <see cref="MaxPeers"/>.</summary>
    [Id(3)]
    public PeerDescription[] Peers { get; } = peers;
}
