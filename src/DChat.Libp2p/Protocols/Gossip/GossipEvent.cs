using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Protocols.Gossip;

/// <summary>Something that a peer did or that became of it.</summary>
/// <param name="Kind">What happened, and which properties are set.</param>
/// <param name="Peer">The peer; not connected any more, perhaps, when a verdict comes late.</param>
/// <param name="Time">When: time since gossipsub was made.</param>
public readonly record struct GossipEvent(GossipEventKind Kind, PeerId Peer, TimeSpan Time)
{
    /// <summary>The topic.</summary>
    public string? Topic { get; init; }

    /// <summary>The message.</summary>
    public GossipMessageId MessageId { get; init; }

    /// <summary>Who else brought the message, each once.</summary>
    public IReadOnlyCollection<PeerId> Others { get => field ?? []; init; }

    /// <summary>Whether this side dialed the peer.</summary>
    public bool IsDialed { get; init; }

    /// <summary>Where its connections come from or go to; <see cref="AddressNetworks"/> tells their networks.</summary>
    public IReadOnlyList<Multiaddr> Addresses { get => field ?? []; init; }

    /// <summary>What is wrong with what it sent.</summary>
    public GossipFault Fault { get; init; }

    /// <summary>Which rule it broke.</summary>
    public GossipMisdeed Misdeed { get; init; }

    /// <summary>How often, or by how many.</summary>
    public int Count { get; init; }
}
