using DChat.Libp2p.Swarm;

namespace DChat.Libp2p.Resources;

/// <summary>The limits of one scope, and the names of their options.</summary>
internal readonly record struct ResourceNodeLimits(
    (string Name, long Value) InboundStreams, (string Name, long Value) OutboundStreams, (string Name, long Value) Memory)
{
    internal static (string Name, long Value) Unlimited => ("", long.MaxValue);

    internal long Of(ResourceKind resource) => Option(resource).Value;

    internal string NameOf(ResourceKind resource) => Option(resource).Name;

    private (string Name, long Value) Option(ResourceKind resource) => resource switch
    {
        ResourceKind.InboundStreams => InboundStreams,
        ResourceKind.OutboundStreams => OutboundStreams,
        _ => Memory,
    };
}
