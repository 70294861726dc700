using DChat.Libp2p.Identity;
using Microsoft.Extensions.Logging;

namespace DChat.Libp2p.Swarm;

/// <summary>
/// A connection manager of the application: when it throws, that is logged, and no connection gives way; what it names that it was
/// not asked about is passed over.
/// </summary>
internal sealed class GuardedManager(IConnectionManager manager, ILogger logger) : IConnectionManager
{
    public bool SetTag(PeerId peer, string tag, int value) => manager.SetTag(peer, tag, value);

    public bool RemoveTag(PeerId peer, string tag) => manager.RemoveTag(peer, tag);

    public long ValueOf(PeerId peer) => manager.ValueOf(peer);

    public bool Protect(PeerId peer, string tag) => manager.Protect(peer, tag);

    public bool Unprotect(PeerId peer, string tag) => manager.Unprotect(peer, tag);

    public bool IsProtected(PeerId peer) => manager.IsProtected(peer);

    public IReadOnlyList<PeerConnection> Rank(IEnumerable<PeerConnection> connections) => Guard([.. connections], manager.Rank);

    public IReadOnlyList<PeerConnection> Trim(IReadOnlyList<PeerConnection> connections) => Guard(connections, manager.Trim);

    private IReadOnlyList<PeerConnection> Guard(IReadOnlyList<PeerConnection> asked, Func<IReadOnlyList<PeerConnection>, IReadOnlyList<PeerConnection>> choose)
    {
        try
        {
            var all = asked.ToHashSet();
            return [.. choose(asked).Where(all.Remove)];
        }
        catch (Exception e)
        {
            logger.ManagerFailed(e);
            return [];
        }
    }
}
