using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Protocols.Gossip.Routing;

/// <summary>What the router holds about a peer it speaks with.</summary>
internal sealed class RouterPeer(PeerId id, int version, bool isDialed, IReadOnlyList<Multiaddr> addresses, TimeSpan since)
{
    internal PeerId Id => id;

    /// <summary>When it came.</summary>
    internal TimeSpan Since => since;

    /// <summary>The minor version of meshsub it speaks: from 2 it knows IDONTWANT.</summary>
    internal int Version { get; set; } = version;

    /// <summary>Whether this side dialed it, so that it did not choose to be here.</summary>
    internal bool IsDialed { get; set; } = isDialed;

    /// <summary>Where its connections come from or go to.</summary>
    internal IReadOnlyList<Multiaddr> Addresses { get; set; } = addresses;

    /// <summary>Whose share of the back-offs it takes, as of when it came.</summary>
    internal BackoffShare BackoffShare { get; } = BackoffShare.Of(addresses);

    /// <summary>GRAFTs within back-offs from before it came that it was accused of.</summary>
    internal int ForgottenGrafts { get; set; }

    /// <summary>Whether it is sent every message that it wants, in no mesh and whatever its score.</summary>
    internal bool IsDirect { get; init; }

    /// <summary>What it wants; bounded by <see cref="GossipsubLimits.MaxTopicsPerPeer"/>.</summary>
    internal HashSet<string> Topics { get; } = new(StringComparer.Ordinal);

    /// <summary>Messages of it that await a verdict.</summary>
    internal int PendingValidations { get; set; }

    /// <summary>Their bytes.</summary>
    internal long PendingBytes { get; set; }

    /// <summary>Its score as of the last heartbeat, or as of when it came.</summary>
    internal double Score { get; set; }

    /// <summary>Whether a stream to it is open: only then is it drawn into a mesh, or it would not hear of that.</summary>
    internal bool IsGreeted { get; set; }

    /// <summary>
    /// Topics that it has grafted while no stream to it is open: it would be a member of the mesh that hears nothing. Bounded as
    /// <see cref="Topics"/> are.
    /// </summary>
    internal HashSet<string> WaitingGrafts { get; } = new(StringComparer.Ordinal);

    /// <summary>RPCs with IHAVE in this heartbeat.</summary>
    internal int IhaveMessages { get; set; }

    /// <summary>Ids asked of it in this heartbeat.</summary>
    internal int AskedIds { get; set; }

    /// <summary>Ids that it asked for in this heartbeat.</summary>
    internal int WantedIds { get; set; }

    /// <summary>Ids it has said it has no need of, in this heartbeat.</summary>
    internal int IdontwantIds { get; set; }

    /// <summary>Messages it has sent that were not taken, and that are not asked of it; bounded by <see cref="GossipRouter.MaxPassedIds"/>.</summary>
    internal PassingIds Untaken { get; } = new();

    /// <summary>Messages it has sent that there was no room for; bounded as <see cref="Untaken"/>.</summary>
    internal PassingIds TurnedAway { get; } = new();

    /// <summary>Messages not to send it.</summary>
    internal PassingIds NotWanted { get; } = new();
}
