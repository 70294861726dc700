using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Kad.Routing;

namespace DChat.Libp2p.Protocols.Kad.Lookups;

/// <summary>A peer that a lookup has heard of.</summary>
internal sealed class LookupNode(PeerId peer, KadId id)
{
    internal PeerId Peer => peer;

    internal KadId Id => id;

    internal LookupState State { get; set; }

    /// <summary>How often it was asked.</summary>
    internal int Tries { get; set; }

    /// <summary>The path that asks it, the only one that may.</summary>
    internal LookupPath? Owner { get; set; }
}

/// <summary>How far a lookup is with a peer.</summary>
internal enum LookupState
{
    /// <summary>Not asked yet.</summary>
    Heard,

    /// <summary>Asked.</summary>
    Asked,

    /// <summary>It has answered.</summary>
    Answered,

    /// <summary>It has not answered.</summary>
    Failed,
}
