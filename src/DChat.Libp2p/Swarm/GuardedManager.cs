using DChat.Libp2p.Identity;
using Microsoft.Extensions.Logging;

namespace DChat.Libp2p.Swarm;

/// <summary>
/// A connection manager of the application: when it throws, that is logged, and it has noted nothing, nobody is worth anything and no
/// connection gives way; what it names that it was not asked about is passed over.
/// </summary>
internal sealed class GuardedManager(IConnectionManager manager, ILogger logger) : IConnectionManager
{
    public bool SetTag(PeerId peer, string tag, int value) => Guard(() => manager.SetTag(peer, tag, value), false);

    public bool RemoveTag(PeerId peer, string tag) => Guard(() => manager.RemoveTag(peer, tag), false);

    public long ValueOf(PeerId peer) => Guard(() => manager.ValueOf(peer), 0);

    public bool Protect(PeerId peer, string tag) => Guard(() => manager.Protect(peer, tag), false);

    public bool Unprotect(PeerId peer, string tag) => Guard(() => manager.Unprotect(peer, tag), false);

    public bool IsProtected(PeerId peer) => Guard(() => manager.IsProtected(peer), false);

    public IReadOnlyList<PeerConnection> Rank(IEnumerable<PeerConnection> connections) => Choose([.. connections], manager.Rank);

    public IReadOnlyList<PeerConnection> Trim(IReadOnlyList<PeerConnection> connections) => Choose(connections, manager.Trim);

    private IReadOnlyList<PeerConnection> Choose(IReadOnlyList<PeerConnection> asked, Func<IReadOnlyList<PeerConnection>, IReadOnlyList<PeerConnection>> choose)
    {
        var all = asked.ToHashSet();
        return Guard<IReadOnlyList<PeerConnection>>(() => [.. choose(asked).Where(all.Remove)], []);
    }

    private T Guard<T>(Func<T> ask, T otherwise)
    {
        try
        {
            return ask();
        }
        catch (Exception e)
        {
            logger.ManagerFailed(e);
            return otherwise;
        }
    }
}
