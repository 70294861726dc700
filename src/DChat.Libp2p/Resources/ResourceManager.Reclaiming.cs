using DChat.Libp2p.Swarm;

namespace DChat.Libp2p.Resources;

/// <content>Takes from those that hold more than their share what others need.</content>
public sealed partial class ResourceManager
{
    /// <summary>Connections that one turn takes from, at most.</summary>
    private const int MaxShedAtOnce = 64;

    /// <summary>Wishes that are passed over when nobody held more than its share: looking again would find the same.</summary>
    private const int PauseWhenFair = 64;

    private int _isReclaiming;
    private int _pause;
    private long _shed;

    /// <inheritdoc/>
    public long Shed => Volatile.Read(ref _shed);

    /// <summary>Begins to take from those that hold the most within a scope, unless that is under way. Does not wait, and may be called under locks.</summary>
    internal void Reclaim(ResourceNode node, ResourceKind resource)
    {
        if (node.ChildCount < 2 || Interlocked.Decrement(ref _pause) >= 0 || Interlocked.Exchange(ref _isReclaiming, 1) != 0)
        {
            return;
        }

        ThreadPool.UnsafeQueueUserWorkItem(static work => work.Manager.ReclaimNow(work.Node, work.Resource), (Manager: this, Node: node, Resource: resource), preferLocal: false);
    }

    /// <summary>Goes on until a quarter is free or nobody holds more than its share.</summary>
    private void ReclaimNow(ResourceNode node, ResourceKind resource)
    {
        var asked = new HashSet<ConnectionScope>();
        try
        {
            var wanted = node.Used(resource) - (node.Limits.Of(resource) * 3 / 4);
            while (wanted > 0 && asked.Count < MaxShedAtOnce && HeaviestIn(node, resource, asked) is { } heaviest)
            {
                asked.Add(heaviest);
                wanted -= heaviest.Shed(resource);
                Interlocked.Increment(ref _shed);
            }
        }
        finally
        {
            Volatile.Write(ref _pause, asked.Count == 0 ? PauseWhenFair : 0);
            Volatile.Write(ref _isReclaiming, 0);
        }
    }

    /// <summary>The connection that holds the most, of the network that does, if that holds more than its share.</summary>
    private ConnectionScope? HeaviestIn(ResourceNode node, ResourceKind resource, HashSet<ConnectionScope> except)
    {
        lock (_gate)
        {
            var share = node.ShareOf(resource);
            return node.Children.Where(c => c.Used(resource) > share)
                .OrderByDescending(c => c.Used(resource))
                .Select(c => Heaviest(c, resource, except))
                .FirstOrDefault(c => c is not null);
        }
    }

    private static ConnectionScope? Heaviest(ResourceNode node, ResourceKind resource, HashSet<ConnectionScope> except) =>
        node.Children.OrderByDescending(c => c.Used(resource)).Select(c => Heaviest(c, resource, except)).FirstOrDefault(c => c is not null)
        ?? node.Connections.Where(c => !except.Contains(c)).MaxBy(c => c.Used(resource));
}
