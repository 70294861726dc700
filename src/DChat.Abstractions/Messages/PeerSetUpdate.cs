namespace DChat.Abstractions.Messages;

/// <summary>
/// One numbered step by which a gateway keeps its peer set up to date: what has changed since the step before. An update
/// without changes says that the gateway is there.
/// </summary>
[GenerateSerializer, Immutable, Alias("dchat.PeerSetUpdate")]
public sealed class PeerSetUpdate(
    GatewayDescription gateway, DateTimeOffset reportedAt, long number, long? @base, PeerDescription[] changed, string[] removed, bool hasMore)
{
    /// <summary>The most peers of an update, changed and removed together; a gateway with more sends several.</summary>
    public const int MaxPeers = 256;

    /// <summary>The most peers of a gateway.</summary>
    public const int MaxPeersOfGateway = 65_536;

    /// <summary>The gateway, with the number of its peers.</summary>
    [Id(0)]
    public GatewayDescription Gateway { get; } = gateway;

    /// <summary>When it looked, by its own clock.</summary>
    [Id(1)]
    public DateTimeOffset ReportedAt { get; } = reportedAt;

    /// <summary>Names the set as it is after the update.</summary>
    [Id(2)]
    public long Number { get; } = number;

    /// <summary>The number of the set that is changed: <see cref="Number"/> when nothing is; null when the update begins with an empty set.</summary>
    [Id(3)]
    public long? Base { get; } = @base;

    /// <summary>Peers that are new, or of whom something is new.</summary>
    [Id(4)]
    public PeerDescription[] Changed { get; } = changed;

    /// <summary>The PeerIds of peers that are gone.</summary>
    [Id(5)]
    public string[] Removed { get; } = removed;

    /// <summary>Whether further updates follow at once, before which the set is not whole.</summary>
    [Id(6)]
    public bool HasMore { get; } = hasMore;
}
