namespace DChat.Libp2p.Protocols.Gossip.Routing;

/// <summary>What has happened since the start. Written under the router's lock, read by meters at any time.</summary>
internal sealed class GossipCounters
{
    internal long Published;
    internal long Received;
    internal long Accepted;
    internal long Rejected;
    internal long Ignored;
    internal long Deferred;
    internal long Duplicates;

    /// <summary>Messages of topics not subscribed to.</summary>
    internal long Unwanted;

    /// <summary>New messages dropped because too many await their verdict.</summary>
    internal long ValidationsFull;

    /// <summary>Messages ignored because their validator was late.</summary>
    internal long ValidationsTimedOut;

    /// <summary>Ids and entries beyond what a peer may say in a heartbeat.</summary>
    internal long ControlOverLimit;

    /// <summary>GRAFTs within a back-off.</summary>
    internal long EarlyGrafts;

    /// <summary>Of those, the ones soon after the prune.</summary>
    internal long GraftFloods;

    internal long BrokenPromises;

    /// <summary>RPCs of peers whose score is too low for them to be read.</summary>
    internal long GraylistedRpcs;

    /// <summary>Peers closed for what they did.</summary>
    internal long Cut;

    /// <summary>Messages and RPCs that cannot be read.</summary>
    internal long Malformed;

    /// <summary>Messages whose signature is missing or wrong, or there where none may be.</summary>
    internal long BadSignature;

    /// <summary>Messages too long to be forwarded.</summary>
    internal long Oversized;

    /// <summary>Messages that a peer's full queue had no room for.</summary>
    internal long DroppedMessages;

    /// <summary>Entries of ids that a peer's full queue had no room for.</summary>
    internal long DroppedGossip;

    /// <summary>Messages and entries of ids that waited too long for a peer to take them.</summary>
    internal long DroppedLate;

    /// <summary>Peers that others told of and that are to be dialed.</summary>
    internal long Introductions;

    /// <summary>Peers that others told of and that were not dialed because too many waited.</summary>
    internal long DroppedIntroductions;

    /// <summary>Streams reset because the peer took nothing.</summary>
    internal long StalledStreams;
}
