using System.Net;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Swarm;

namespace DChat.Libp2p.Resources;

/// <summary>
/// The numbers of one scope: a host, a network or a peer. Networks are a tree below the host, so that each knows among how many it
/// shares what it has. Streams and memory change without a lock; connections and the tree under the manager's.
/// </summary>
internal sealed class ResourceNode(ResourceScopeKind kind, ResourceNode? parent, ResourceNodeLimits limits)
{
    /// <summary>What is for those that hold less than their share is one part of so many.</summary>
    internal const int ReserveDivisor = 8;

    private int _inboundStreams;
    private int _outboundStreams;
    private long _memory;

    internal ResourceScopeKind Kind => kind;

    internal ResourceNode? Parent => parent;

    internal ResourceNodeLimits Limits => limits;

    /// <summary>The network, if it is one; null too for what lies in none.</summary>
    internal IPNetwork? Network { get; init; }

    /// <summary>The peer, if it is one.</summary>
    internal PeerId? Peer { get; init; }

    internal int InboundConnections { get; set; }

    internal int OutboundConnections { get; set; }

    internal int ClosingConnections { get; set; }

    /// <summary>Networks directly within this one.</summary>
    internal HashSet<ResourceNode> Children { get; } = [];

    /// <summary>Connections directly within this one, which is then of the narrowest networks.</summary>
    internal HashSet<ConnectionScope> Connections { get; } = [];

    /// <summary>As <c>Children.Count</c>, read without the lock.</summary>
    internal int ChildCount { get; set; }

    /// <summary>Connections whatever their state.</summary>
    internal int AllConnections => InboundConnections + OutboundConnections + ClosingConnections;

    internal ResourceUsage Usage => new(
        InboundConnections, OutboundConnections, ClosingConnections, _inboundStreams, _outboundStreams, Used(ResourceKind.Memory));

    /// <summary>What is in use.</summary>
    internal long Used(ResourceKind resource) => resource switch
    {
        ResourceKind.InboundStreams => Volatile.Read(ref _inboundStreams),
        ResourceKind.OutboundStreams => Volatile.Read(ref _outboundStreams),
        _ => Volatile.Read(ref _memory) + (ResourceManager.StreamOverhead * (Volatile.Read(ref _inboundStreams) + (long)Volatile.Read(ref _outboundStreams))),
    };

    internal void Add(ResourceKind resource, int amount)
    {
        switch (resource)
        {
            case ResourceKind.InboundStreams:
                Interlocked.Add(ref _inboundStreams, amount);
                break;
            case ResourceKind.OutboundStreams:
                Interlocked.Add(ref _outboundStreams, amount);
                break;
            default:
                Interlocked.Add(ref _memory, amount);
                break;
        }
    }

    /// <summary>How the use of a resource stands, with what <paramref name="child"/> within it has just taken.</summary>
    internal ResourceRoom RoomOf(ResourceKind resource, ResourceNode? child)
    {
        var (used, limit) = (Used(resource), limits.Of(resource));
        if (used > limit)
        {
            return ResourceRoom.None;
        }

        if (child is null || resource == ResourceKind.OutboundStreams || used <= limit - (limit / ReserveDivisor))
        {
            return ResourceRoom.Plenty;
        }

        return child.Used(resource) > ShareOf(resource) ? ResourceRoom.None : ResourceRoom.Reserve;
    }

    /// <summary>What each of those within it has for itself when it is scarce.</summary>
    internal long ShareOf(ResourceKind resource) => limits.Of(resource) / Math.Max(ChildCount, 1);
}
