using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Protocols.Kad.Routing;

/// <summary>
/// The peers known to serve, in 256 buckets by the leading bits they share with this one (kad-dht/README.md, "Kademlia
/// routing table"). A peer that answers is never displaced: a newcomer waits until one in its bucket fails. No group of
/// peers has more places than its limits. Without input, output and clock of its own; not thread-safe.
/// </summary>
/// <param name="self">This peer, which is never in it.</param>
/// <param name="bucketSize">k: peers in a bucket, and peers waiting for its places.</param>
internal sealed class RoutingTable(KadId self, int bucketSize)
{
    /// <summary>Requests in a row that a peer may fail to answer when nobody waits for its place. Else one is enough.</summary>
    internal const int MaxFailures = 3;

    /// <summary>Time since its last answer in which a peer is not asked again whether it is alive, however many want its place.</summary>
    internal static readonly TimeSpan ProbeInterval = TimeSpan.FromMinutes(1);

    private readonly RoutingBucket?[] _buckets = new RoutingBucket?[KadId.Bits];
    private readonly Dictionary<PeerId, RoutingEntry> _entries = [];
    private readonly Dictionary<string, int> _groups = new(StringComparer.Ordinal);

    /// <summary>Called with peers that have a place now, and with those that have none any more. Not to throw.</summary>
    internal Action<PeerId, bool>? Changed { get; init; }

    internal int Count => _entries.Count;

    internal IReadOnlyCollection<RoutingEntry> Entries => _entries.Values;

    /// <summary>The number of the last bucket that is not empty; -1 when all are.</summary>
    internal int DeepestBucket => Array.FindLastIndex(_buckets, b => b is { Entries.Count: > 0 });

    internal bool Contains(PeerId peer) => _entries.ContainsKey(peer);

    /// <summary>Leading bits that a peer shares with this one: its bucket.</summary>
    internal int BucketOf(KadId id) => self.CommonPrefix(id);

    /// <summary>Whether it is worth finding out if a peer serves: not when it could not have a place anyway.</summary>
    internal bool Wants(PeerId peer, IReadOnlyList<PeerGroup> groups)
    {
        var id = KadId.Of(peer);
        return id != self && !_entries.ContainsKey(peer) && Allows(_buckets[BucketOf(id)], groups, null);
    }

    /// <summary>Offers a peer that has just answered a request.</summary>
    internal RoutingOffer Offer(PeerId peer, IReadOnlyList<PeerGroup> groups, TimeSpan now)
    {
        var id = KadId.Of(peer);
        if (id == self)
        {
            return new RoutingOffer(RoutingOutcome.Self);
        }

        var bucket = _buckets[BucketOf(id)] ??= new RoutingBucket();
        if (_entries.TryGetValue(peer, out var known))
        {
            Answered(peer, now);
            Regroup(bucket, known, groups);
            return new RoutingOffer(RoutingOutcome.Known);
        }

        bucket.Waiting.RemoveAll(e => e.Peer.Equals(peer));
        var entry = new RoutingEntry(peer, id, groups, now);
        if (!Allows(bucket, groups, null))
        {
            return new RoutingOffer(RoutingOutcome.Crowded);
        }

        if (bucket.Entries.Count < bucketSize)
        {
            Add(bucket, entry);
            return new RoutingOffer(RoutingOutcome.Added);
        }

        // A place is free when somebody in the bucket fails to answer, and then only.
        return Wait(bucket, entry) ? new RoutingOffer(RoutingOutcome.Waiting, Doubtful(bucket, now)) : new RoutingOffer(RoutingOutcome.Crowded);
    }

    /// <summary>A peer has answered a request.</summary>
    internal void Answered(PeerId peer, TimeSpan now)
    {
        if (_entries.TryGetValue(peer, out var entry))
        {
            (entry.AnsweredAt, entry.Failures, entry.IsProbed) = (now, 0, false);
        }
    }

    /// <summary>
    /// A peer has not answered a request. Its place goes to one that waits for it. When none does it stays for a while, or a
    /// host that loses its network would lose its table too; but others are not told about it.
    /// </summary>
    internal void Failed(PeerId peer)
    {
        if (!_entries.TryGetValue(peer, out var entry))
        {
            return;
        }

        entry.Failures++;
        entry.IsProbed = false;
        var bucket = _buckets[BucketOf(entry.Id)]!;
        var next = bucket.Waiting.FindLastIndex(e => Allows(bucket, e.Groups, entry));
        if (next < 0 && entry.Failures < MaxFailures)
        {
            return;
        }

        Remove(peer);
        if (next >= 0)
        {
            var heir = bucket.Waiting[next];
            bucket.Waiting.RemoveAt(next);
            Add(bucket, heir);
        }
    }

    /// <summary>Removes a peer that says it does not serve any more.</summary>
    internal void Remove(PeerId peer)
    {
        if (!_entries.Remove(peer, out var entry))
        {
            return;
        }

        _buckets[BucketOf(entry.Id)]!.Entries.Remove(entry);
        Uncount(entry.Groups);
        Changed?.Invoke(peer, false);
    }

    /// <summary>The peers closest to a place, the closest first. Those that failed to answer are not among them.</summary>
    internal IReadOnlyList<RoutingEntry> Closest(KadId target, int count, Func<PeerId, bool>? except = null)
    {
        // Peers of the target's bucket are closer than those of later ones, which share as many bits with the target as
        // this peer does, and those are closer than all of an earlier bucket.
        var found = new List<RoutingEntry>();
        var own = Math.Min(BucketOf(target), KadId.Bits - 1);
        Gather(own, except, found);
        if (found.Count < count)
        {
            for (var i = own + 1; i < KadId.Bits; i++)
            {
                Gather(i, except, found);
            }
        }

        for (var i = own - 1; i >= 0 && found.Count < count; i--)
        {
            Gather(i, except, found);
        }

        found.Sort((a, b) => target.CompareDistance(a.Id, b.Id));
        return found.Count > count ? found.GetRange(0, count) : found;
    }

    /// <summary>Peers of all buckets in turn, of each the one known longest first. Those that failed to answer are not among them.</summary>
    internal IReadOnlyList<RoutingEntry> Spread(int count, IReadOnlyCollection<RoutingEntry> except) =>
    [
        .. _buckets.OfType<RoutingBucket>()
            .SelectMany(b => b.Entries.Where(e => e.Failures == 0 && !except.Contains(e)).OrderBy(e => e.KnownSince).Select((entry, turn) => (entry, turn)))
            .OrderBy(e => e.turn)
            .Take(count)
            .Select(e => e.entry),
    ];

    private void Gather(int bucket, Func<PeerId, bool>? except, List<RoutingEntry> found) =>
        found.AddRange(_buckets[bucket]?.Entries.Where(e => e.Failures == 0 && except?.Invoke(e.Peer) is not true) ?? []);

    private void Add(RoutingBucket bucket, RoutingEntry entry)
    {
        bucket.Entries.Add(entry);
        _entries.Add(entry.Peer, entry);
        foreach (var group in entry.Groups)
        {
            _groups[group.Name] = _groups.GetValueOrDefault(group.Name) + 1;
        }

        Changed?.Invoke(entry.Peer, true);
    }

    private void Uncount(IReadOnlyList<PeerGroup> groups)
    {
        foreach (var group in groups)
        {
            if (--_groups[group.Name] == 0)
            {
                _groups.Remove(group.Name);
            }
        }
    }

    /// <summary>Whether the groups have room for one more, in the place of <paramref name="leaving"/> if it leaves.</summary>
    private bool Allows(RoutingBucket? bucket, IReadOnlyList<PeerGroup> groups, RoutingEntry? leaving)
    {
        foreach (var group in groups)
        {
            var freed = leaving?.Groups.Any(g => g.Name == group.Name) is true ? 1 : 0;
            if (_groups.GetValueOrDefault(group.Name) - freed >= group.MaxInTable
                || (bucket is not null && RoutingBucket.Count(bucket.Entries, group) - freed >= group.MaxInBucket))
            {
                return false;
            }
        }

        return true;
    }

    private bool Wait(RoutingBucket bucket, RoutingEntry entry)
    {
        if (entry.Groups.Any(g => RoutingBucket.Count(bucket.Waiting, g) >= g.MaxInBucket))
        {
            return false;
        }

        if (bucket.Waiting.Count == bucketSize)
        {
            bucket.Waiting.RemoveAt(0);
        }

        bucket.Waiting.Add(entry);
        return true;
    }

    private static PeerId? Doubtful(RoutingBucket bucket, TimeSpan now)
    {
        var oldest = bucket.Entries.Where(e => !e.IsProbed && now - e.AnsweredAt >= ProbeInterval).MinBy(e => e.AnsweredAt);
        if (oldest is not null)
        {
            oldest.IsProbed = true;
        }

        return oldest?.Peer;
    }

    /// <summary>A peer that is seen in other networks than before counts there from now on, unless they are full.</summary>
    private void Regroup(RoutingBucket bucket, RoutingEntry entry, IReadOnlyList<PeerGroup> groups)
    {
        if (groups.Select(g => g.Name).SequenceEqual(entry.Groups.Select(g => g.Name)) || !Allows(bucket, groups, entry))
        {
            return;
        }

        Remove(entry.Peer);
        entry.Groups = groups;
        Add(bucket, entry);
    }
}
