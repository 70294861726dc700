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

    private long _inboundStreams;
    private long _outboundStreams;
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
        InboundConnections, OutboundConnections, ClosingConnections, (int)_inboundStreams, (int)_outboundStreams, Used(ResourceKind.Memory));

    /// <summary>What is in use.</summary>
    internal long Used(ResourceKind resource)
    {
        var used = Volatile.Read(ref Counter(resource));
        return resource != ResourceKind.Memory
            ? used
            : used + (ResourceManager.StreamOverhead * (Volatile.Read(ref _inboundStreams) + Volatile.Read(ref _outboundStreams)));
    }

    /// <summary>Takes of a resource if there is room; whether there was, and of what there was none.</summary>
    /// <param name="resource">The resource.</param>
    /// <param name="amount">Above 0.</param>
    /// <param name="child">The scope within this one that has taken as much already; null when there is none that shares.</param>
    internal (ResourceRoom Room, ResourceKind Resource) TryTake(ResourceKind resource, int amount, ResourceNode? child)
    {
        ref var counter = ref Counter(resource);
        while (true)
        {
            var before = Volatile.Read(ref counter);
            var (room, of) = (RoomFor(resource, amount, child), resource);
            if (resource != ResourceKind.Memory && room is ResourceRoom.Plenty or ResourceRoom.Reserve)
            {
                // A stream takes memory too.
                var memory = RoomFor(ResourceKind.Memory, ResourceManager.StreamOverhead, child);
                (room, of) = memory > room ? (memory, ResourceKind.Memory) : (room, of);
            }

            if (room is ResourceRoom.Soon or ResourceRoom.None || Interlocked.CompareExchange(ref counter, before + amount, before) == before)
            {
                return (room, of);
            }
        }
    }

    internal void Give(ResourceKind resource, long amount) => Interlocked.Add(ref Counter(resource), -amount);

    /// <summary>What each of those within it has for itself when it is scarce: at least one.</summary>
    internal long ShareOf(ResourceKind resource) => Math.Max(Unreserved(resource) / Math.Max(ChildCount, 1), 1);

    private long Unreserved(ResourceKind resource) => limits.Of(resource) - (limits.Of(resource) / ReserveDivisor);

    private ResourceRoom RoomFor(ResourceKind resource, int amount, ResourceNode? child)
    {
        var used = Used(resource) + amount;
        var isBeyond = used > limits.Of(resource);
        if (child is null || resource == ResourceKind.OutboundStreams)
        {
            return isBeyond ? ResourceRoom.None : ResourceRoom.Plenty;
        }

        return used <= Unreserved(resource) ? ResourceRoom.Plenty
            : child.Used(resource) > ShareOf(resource) ? ResourceRoom.None
            : isBeyond ? ResourceRoom.Soon
            : ResourceRoom.Reserve;
    }

    private ref long Counter(ResourceKind resource)
    {
        switch (resource)
        {
            case ResourceKind.InboundStreams:
                return ref _inboundStreams;
            case ResourceKind.OutboundStreams:
                return ref _outboundStreams;
            default:
                return ref _memory;
        }
    }
}
