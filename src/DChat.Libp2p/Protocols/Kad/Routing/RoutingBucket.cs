namespace DChat.Libp2p.Protocols.Kad.Routing;

/// <summary>The peers that share a number of leading bits with this one, and those that wait for their places.</summary>
internal sealed class RoutingBucket
{
    /// <summary>In no order.</summary>
    internal List<RoutingEntry> Entries { get; } = [];

    /// <summary>Who gets the next free place; the one that answered last stands last and is the first to get it.</summary>
    internal List<RoutingEntry> Waiting { get; } = [];

    internal static int Count(List<RoutingEntry> entries, PeerGroup group) => entries.Count(e => e.Groups.Any(g => g.Name == group.Name));
}
