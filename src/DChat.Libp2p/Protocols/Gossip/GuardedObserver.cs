using Microsoft.Extensions.Logging;

namespace DChat.Libp2p.Protocols.Gossip;

/// <summary>An observer of the application: what it throws is logged, and stops neither the router nor another observer.</summary>
internal sealed class GuardedObserver(IGossipObserver observer, ILogger logger) : IGossipObserver
{
    public void Observe(in GossipEvent happened)
    {
        try
        {
            observer.Observe(happened);
        }
        catch (Exception e)
        {
            logger.ObserverFailed(e, happened.Kind);
        }
    }
}
