using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Kad.Lookups;
using DChat.Libp2p.Protocols.Kad.Routing;
using DChat.Libp2p.Protocols.Kad.Wire;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Swarm;

namespace DChat.Libp2p.Protocols.Kad;

/// <summary>The routing table together with what the host knows about its peers. Thread-safe.</summary>
internal sealed class KadTable(ILibp2pHost host, KademliaOptions options, PeerNetworks networks)
{
    /// <summary>The tag of the table's peers at the connection manager.</summary>
    internal const string Tag = "kad-table";

    /// <summary>What the tag adds: who left would have to be found again, and is no loss to those that are here.</summary>
    internal const int TagValue = 5;

    private readonly Lock _gate = new();
    private readonly RoutingTable _table = new(KadId.Of(host.LocalPeer), options.BucketSize) { Changed = (peer, isIn) => SetTag(host.ConnectionManager, peer, isIn) };
    private readonly long _started = host.Time.GetTimestamp();

    internal int Count { get { lock (_gate) { return _table.Count; } } }

    internal int DeepestBucket { get { lock (_gate) { return _table.DeepestBucket; } } }

    /// <summary>Called with peers that are to be asked whether they are alive, since others want their places.</summary>
    internal Action<PeerId>? Probe { get; set; }

    /// <summary>Called when the table has its first peer.</summary>
    internal Action? Filled { get; set; }

    /// <summary>Time on a clock that only moves forward.</summary>
    internal TimeSpan Now => host.Time.GetElapsedTime(_started);

    internal IReadOnlyList<RoutingTablePeer> Snapshot()
    {
        lock (_gate)
        {
            var now = Now;
            return [.. _table.Entries.Select(e => new RoutingTablePeer(
                e.Peer, _table.BucketOf(e.Id), now - e.AnsweredAt, e.Failures, [.. e.Groups.Select(g => g.Name)])).OrderBy(p => p.Bucket)];
        }
    }

    internal bool Wants(PeerId peer)
    {
        var groups = GroupsOf(peer);
        lock (_gate)
        {
            return _table.Wants(peer, groups);
        }
    }

    /// <summary>A peer has answered a request, which shows that it serves.</summary>
    internal void Answered(PeerId peer)
    {
        var groups = GroupsOf(peer);
        RoutingOffer offer;
        int count;
        lock (_gate)
        {
            offer = _table.Offer(peer, groups, Now);
            count = _table.Count;
        }

        if (offer.Probe is { } doubtful)
        {
            Probe?.Invoke(doubtful);
        }

        if (offer.Outcome == RoutingOutcome.Added && count == 1)
        {
            Filled?.Invoke();
        }
    }

    internal void Failed(PeerId peer) { lock (_gate) { _table.Failed(peer); } }

    internal void Remove(PeerId peer) { lock (_gate) { _table.Remove(peer); } }

    /// <summary>Whom the paths of a lookup begin with; those that failed last when there are no others.</summary>
    internal IReadOnlyList<PeerId>[] Seeds(KadId target)
    {
        IReadOnlyList<RoutingEntry> closest, others;
        lock (_gate)
        {
            closest = _table.Closest(target, options.BucketSize);
            closest = closest.Count > 0 ? closest : [.. _table.Entries.Take(options.BucketSize)];
            others = _table.Spread(options.BucketSize * (options.DisjointPaths - 1), closest);
        }

        return LookupSeeds.Of([.. closest.Select(e => e.Peer)], [.. others.Select(e => e.Peer)], options.DisjointPaths);
    }

    /// <summary>The peers closest to a place, as one who asks may be told: not itself, none that it could not dial.</summary>
    internal IReadOnlyList<KadPeer> Tell(KadId target, PeerId asking, Multiaddr from)
    {
        IReadOnlyList<RoutingEntry> closest;
        lock (_gate)
        {
            closest = _table.Closest(target, options.BucketSize, asking.Equals);
        }

        return [.. closest.Select(e => Describe(e.Peer, from)).Where(p => p.Addresses.Count > 0)];
    }

    /// <summary>A peer with the addresses that may be told to one connected from <paramref name="to"/>.</summary>
    internal KadPeer Describe(PeerId peer, Multiaddr to) =>
        new(peer, [.. KadAddresses.Between(host.Peers.Find(peer)?.Addresses ?? [], to).Take(KadAddresses.MaxTold)]);

    private static void SetTag(IConnectionManager connections, PeerId peer, bool isIn)
    {
        if (isIn)
        {
            connections.SetTag(peer, Tag, TagValue);
        }
        else
        {
            connections.RemoveTag(peer, Tag);
        }
    }

    private IReadOnlyList<PeerGroup> GroupsOf(PeerId peer) =>
        networks.GroupsOf(host.ConnectionsTo(peer).Select(c => c.RemoteAddress).Concat(host.Peers.Find(peer)?.Addresses ?? []));
}
