using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Swarm;

/// <summary>
/// Says what connections are worth, and which are closed when there are many. Protocols tag the peers that they need: a peer is worth
/// the sum of its tags. Called from several threads.
/// </summary>
/// <remarks>
/// <see cref="ConnectionManager"/> is the one that a host has unless <c>Libp2pOptions.ConnectionManager</c> gives another. The host asks
/// it in two cases: when a limit is reached, what to close of the network that holds the most; and after every new connection, what to
/// trim.
/// </remarks>
public interface IConnectionManager
{
    /// <summary>Gives a peer a tag, or the tag another value. The tags of a peer that is not connected are kept too.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="tag">Whose tag it is, such as <c>gossipsub-mesh</c>.</param>
    /// <param name="value">What the tag adds; negative for a peer that is better closed.</param>
    /// <returns>False when as many peers as are remembered have tags already.</returns>
    bool SetTag(PeerId peer, string tag, int value);

    /// <summary>Takes a tag away.</summary>
    /// <returns>Whether the peer had it.</returns>
    bool RemoveTag(PeerId peer, string tag);

    /// <summary>The sum of a peer's tags; 0 without any.</summary>
    long ValueOf(PeerId peer);

    /// <summary>Keeps the connections of a peer from being closed for others, until every tag that protects it is taken away.</summary>
    /// <returns>False when as many peers as are remembered are protected already.</returns>
    bool Protect(PeerId peer, string tag);

    /// <summary>Takes the protection of one tag away.</summary>
    /// <returns>Whether the peer is still protected by another.</returns>
    bool Unprotect(PeerId peer, string tag);

    /// <summary>Whether the connections of a peer are not closed for others.</summary>
    bool IsProtected(PeerId peer);

    /// <summary>The connections that may be closed, the one that is worth the least first. Those of protected peers are left out.</summary>
    /// <param name="connections">Open connections.</param>
    IReadOnlyList<PeerConnection> Rank(IEnumerable<PeerConnection> connections);

    /// <summary>What to close now because there are many connections; usually nothing. Asked after every new connection.</summary>
    /// <param name="connections">Every open connection.</param>
    IReadOnlyList<PeerConnection> Trim(IReadOnlyList<PeerConnection> connections);
}
