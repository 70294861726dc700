using CsCheck;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Multiformats;
using DChat.Libp2p.Protocols.Kad.Routing;

namespace DChat.Libp2p.Tests.Protocols.Kad;

public sealed class RoutingTableTests
{
    private const int K = 4;
    private static readonly PeerId Self = Peer(0);
    private static readonly TimeSpan Start = TimeSpan.Zero;
    private static readonly TimeSpan Later = RoutingTable.ProbeInterval;

    [Fact]
    public void A_place_is_the_hash_of_the_multihash()
    {
        var peer = PeerId.Parse("12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq");
        var id = KadId.Of(peer);
        Assert.Equal("dfd53212a4bd2beda3ea8e82d08285370c70a70cfe9c588e28754b23c8033121", $"{id.First:x16}{id.Second:x16}{id.Third:x16}{id.Fourth:x16}");
    }

    [Fact]
    public void Shared_bits_are_counted_over_all_words()
    {
        var id = new KadId(1, 2, 3, 4);
        Assert.Equal(0, id.CommonPrefix(id with { First = 1UL << 63 }));
        Assert.Equal(63, id.CommonPrefix(id with { First = 0 }));
        Assert.Equal(126, id.CommonPrefix(id with { Second = 0 }));
        Assert.Equal(190, id.CommonPrefix(id with { Third = 0 }));
        Assert.Equal(253, id.CommonPrefix(id with { Fourth = 0 }));
        Assert.Equal(256, id.CommonPrefix(id));
    }

    [Fact]
    public void The_closest_peers_are_those_that_a_search_of_all_finds() =>
        Gen.Select(Gen.Int[1, 1_000_000].HashSet[0, 120], Gen.Int, Gen.Int[1, 30]).Sample((numbers, target, count) =>
        {
            var table = new RoutingTable(KadId.Of(Self), bucketSize: 20);
            foreach (var number in numbers)
            {
                table.Offer(Peer(number), [], Start);
            }

            var place = KadId.Of(BitConverter.GetBytes(target));
            var all = table.Entries.OrderBy(e => e.Id, Comparer<KadId>.Create(place.CompareDistance)).Take(count).Select(e => e.Peer);
            Assert.Equal(all, table.Closest(place, count).Select(e => e.Peer));
        }, iter: 500);

    [Fact]
    public void The_peer_itself_has_no_place_and_is_closest_to_its_own_neighbours()
    {
        var table = new RoutingTable(KadId.Of(Self), K);
        Assert.Equal(RoutingOutcome.Self, table.Offer(Self, [], Start).Outcome);
        Assert.False(table.Wants(Self, []));
        table.Offer(Peer(1), [], Start);
        Assert.Equal(Peer(1), Assert.Single(table.Closest(KadId.Of(Self), 1)).Peer);
    }

    [Fact]
    public void A_newcomer_to_a_full_bucket_waits_while_the_others_answer()
    {
        var (table, peers) = Full();
        var offer = table.Offer(peers[K], [], Later);
        Assert.Equal(RoutingOutcome.Waiting, offer.Outcome);
        Assert.Equal(peers[0], offer.Probe);
        table.Answered(peers[0], Later);
        Assert.All(peers[..K], p => Assert.True(table.Contains(p)));
        Assert.False(table.Contains(peers[K]));
    }

    [Fact]
    public void The_least_recently_useful_is_asked_first_each_once_and_none_too_often()
    {
        var (table, peers) = Full();
        Assert.Null(table.Offer(peers[K], [], Later - TimeSpan.FromTicks(K + 1)).Probe);
        table.Answered(peers[0], Later);
        Assert.Equal(peers[1], table.Offer(peers[K], [], Later).Probe);
        Assert.Equal(peers[2], table.Offer(peers[K + 1], [], Later).Probe);
        Assert.Equal(peers[3], table.Offer(peers[K + 2], [], Later).Probe);
        Assert.Null(table.Offer(peers[K + 2], [], Later).Probe);
    }

    [Fact]
    public void The_place_of_a_dead_peer_goes_to_the_one_that_waits_and_answered_last()
    {
        var (table, peers) = Full();
        table.Offer(peers[K], [], Later);
        table.Offer(peers[K + 1], [], Later);
        table.Failed(peers[0]);
        Assert.False(table.Contains(peers[0]));
        Assert.True(table.Contains(peers[K + 1]));
        Assert.Equal(K, table.Count);
    }

    [Fact]
    public void A_peer_nobody_waits_for_stays_for_a_while_but_is_told_to_nobody()
    {
        var table = new RoutingTable(KadId.Of(Self), K);
        table.Offer(Peer(1), [], Start);
        table.Failed(Peer(1));
        Assert.Empty(table.Closest(KadId.Of(Self), K));
        table.Answered(Peer(1), Start);
        Assert.Single(table.Closest(KadId.Of(Self), K));
        for (var i = 0; i < RoutingTable.MaxFailures; i++)
        {
            Assert.Equal(1, table.Count);
            table.Failed(Peer(1));
        }

        Assert.Equal(0, table.Count);
    }

    [Fact]
    public void A_group_never_has_more_places_than_its_limits() =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[1, 60], Gen.Int[0, 4]).Array[0, 300].Sample(steps =>
        {
            var table = new RoutingTable(KadId.Of(Self), bucketSize: 5);
            var now = Start;
            foreach (var (action, number, group) in steps)
            {
                now += TimeSpan.FromSeconds(20);
                PeerGroup[] groups = group == 0 ? [] : [new PeerGroup($"n{group}", 2, 6), new PeerGroup($"b{group % 2}", 3, 8)];
                switch (action)
                {
                    case 0: table.Failed(Peer(number)); break;
                    case 1: table.Answered(Peer(number), now); break;
                    default: table.Offer(Peer(number), groups, now); break;
                }

                foreach (var name in table.Entries.SelectMany(e => e.Groups).DistinctBy(g => g.Name))
                {
                    var members = table.Entries.Where(e => e.Groups.Any(g => g.Name == name.Name)).ToList();
                    Assert.InRange(members.Count, 0, name.MaxInTable);
                    Assert.All(members.GroupBy(e => table.BucketOf(e.Id)), b => Assert.InRange(b.Count(), 0, name.MaxInBucket));
                }

                Assert.All(table.Entries.GroupBy(e => table.BucketOf(e.Id)), b => Assert.InRange(b.Count(), 0, 5));
            }
        }, iter: 300);

    [Fact]
    public void A_flood_of_ids_from_one_network_displaces_nobody_and_gets_no_more_than_its_share()
    {
        var table = new RoutingTable(KadId.Of(Self), bucketSize: 20);
        var honest = Enumerable.Range(1, 200).Select(Peer).Where(p => table.Offer(p, [], Start).Outcome == RoutingOutcome.Added).ToArray();
        PeerGroup[] network = [new PeerGroup("203.0.113.0/24", 2, 6)];
        for (var i = 0; i < 20_000; i++)
        {
            var probe = table.Offer(Peer(10_000 + i), network, Later).Probe;
            if (probe is not null)
            {
                table.Answered(probe, Later);
            }
        }

        Assert.All(honest, p => Assert.True(table.Contains(p)));
        Assert.InRange(table.Entries.Count(e => e.Groups.Count > 0), 0, 6);

        // Nor do they inherit what places become free.
        foreach (var peer in honest)
        {
            table.Failed(peer);
        }

        Assert.InRange(table.Entries.Count(e => e.Groups.Count > 0), 0, 6);
    }

    [Fact]
    public void Peers_from_all_over_the_table_are_of_all_buckets_in_turn_those_known_longest_first()
    {
        var table = new RoutingTable(KadId.Of(Self), K);
        for (var i = 1; i < 100; i++)
        {
            table.Offer(Peer(i), [], TimeSpan.FromSeconds(i));
        }

        var oldest = table.Entries.GroupBy(e => table.BucketOf(e.Id)).Select(b => b.MinBy(e => e.KnownSince)!).ToHashSet();
        var first = table.Spread(oldest.Count, []);
        Assert.Equal(oldest, first.ToHashSet());
        Assert.DoesNotContain(first[0], table.Spread(1000, first));
        table.Failed(first[0].Peer);
        Assert.DoesNotContain(first[0], table.Spread(1000, []));
    }

    [Fact]
    public void A_peer_that_moves_into_a_full_network_keeps_counting_where_it_was()
    {
        var table = new RoutingTable(KadId.Of(Self), bucketSize: 20);
        PeerGroup[] full = [new PeerGroup("full", 1, 1)], roomy = [new PeerGroup("roomy", 1, 1)];
        table.Offer(Peer(1), full, Start);
        table.Offer(Peer(2), roomy, Start);
        table.Offer(Peer(2), full, Start);
        Assert.Equal("roomy", Assert.Single(table.Entries.Single(e => e.Peer.Equals(Peer(2))).Groups).Name);
        table.Remove(Peer(1));
        table.Offer(Peer(2), full, Start);
        Assert.Equal("full", Assert.Single(table.Entries.Single(e => e.Peer.Equals(Peer(2))).Groups).Name);
    }

    [Fact]
    public void A_peer_has_its_place_whole_when_that_is_told_and_has_none_of_it_when_it_has_left()
    {
        PeerGroup[] full = [new PeerGroup("full", 1, 1)];
        var told = new List<(bool IsIn, bool HasRoom)>();
        RoutingTable? table = null;
        table = new RoutingTable(KadId.Of(Self), K) { Changed = (_, isIn) => told.Add((isIn, table!.Wants(Peer(2), full))) };
        table.Offer(Peer(1), full, Start);
        table.Remove(Peer(1));
        Assert.Equal([(true, false), (false, true)], told);
    }

    /// <summary>A table with a full bucket, whose peers answered in their order, and more peers for it.</summary>
    private static (RoutingTable Table, PeerId[] Peers) Full()
    {
        var table = new RoutingTable(KadId.Of(Self), K);
        var peers = Enumerable.Range(1, 100).Select(Peer).Where(p => table.BucketOf(KadId.Of(p)) == 0).Take(K + 4).ToArray();
        for (var i = 0; i < K; i++)
        {
            Assert.Equal(RoutingOutcome.Added, table.Offer(peers[i], [], Start + TimeSpan.FromTicks(i - K)).Outcome);
        }

        return (table, peers);
    }

    private static PeerId Peer(int number) => PeerId.FromBytes(Multihash.Sha256(BitConverter.GetBytes(number)));
}
