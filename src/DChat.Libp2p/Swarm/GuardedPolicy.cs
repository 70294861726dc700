using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using Microsoft.Extensions.Logging;

namespace DChat.Libp2p.Swarm;

/// <summary>The gater and the filter of the application: when one throws, that is logged, and the answer is no.</summary>
internal sealed class GuardedPolicy(IConnectionGater gater, IPeerFilter filter, ILogger logger) : IConnectionGater, IPeerFilter
{
    public bool AllowDial(PeerId? peer, Multiaddr address) => Allows(() => gater.AllowDial(peer, address));

    public bool AllowInbound(Multiaddr remoteAddress) => Allows(() => gater.AllowInbound(remoteAddress));

    public bool AllowConnection(PeerId peer, Direction direction, Multiaddr remoteAddress) =>
        Allows(() => gater.AllowConnection(peer, direction, remoteAddress));

    public bool AcceptCandidate(PeerId peer, IReadOnlyList<Multiaddr> addresses)
    {
        try
        {
            return filter.AcceptCandidate(peer, addresses);
        }
        catch (Exception e)
        {
            logger.FilterFailed(e);
            return false;
        }
    }

    public IReadOnlyList<Multiaddr> SelectAddresses(PeerId? peer, IReadOnlyList<Multiaddr> ranked)
    {
        try
        {
            return filter.SelectAddresses(peer, ranked);
        }
        catch (Exception e)
        {
            logger.FilterFailed(e);
            return [];
        }
    }

    private bool Allows(Func<bool> question)
    {
        try
        {
            return question();
        }
        catch (Exception e)
        {
            logger.GaterFailed(e);
            return false;
        }
    }
}
