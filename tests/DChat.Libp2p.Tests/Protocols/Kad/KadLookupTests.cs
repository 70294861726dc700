using DChat.Libp2p.Identity;
using DChat.Libp2p.Multiformats;
using DChat.Libp2p.Protocols.Kad.Lookups;
using DChat.Libp2p.Protocols.Kad.Routing;

namespace DChat.Libp2p.Tests.Protocols.Kad;

public sealed class KadLookupTests
{
    private const int K = 4;
    private static readonly PeerId Self = Peer(-1);
    private static readonly KadId Target = KadId.Of("target"u8);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Every_number_of_paths_finds_the_closest_of_all(int paths)
    {
        var network = new Network(200);
        var lookup = new KadLookup(Target, KadId.Of(Self), LookupSeeds.Of(network.Some(K), [], paths), K, concurrency: 3);
        network.Run(lookup);
        Assert.Equal(network.Closest(K), lookup.Closest);
        Assert.InRange(lookup.Asked, K, 12 * K);
    }

    [Fact]
    public void No_more_are_asked_at_once_than_allowed_and_nobody_twice()
    {
        var network = new Network(100);
        var lookup = new KadLookup(Target, KadId.Of(Self), LookupSeeds.Of(network.Some(10), [], 2), K, concurrency: 4);
        var first = lookup.Next();
        Assert.Equal(4, first.Count);
        Assert.Empty(lookup.Next());
        lookup.Answered(first[0], network.Neighbours(first[0]));
        Assert.InRange(lookup.Next().Count, 0, 1);
        network.Run(lookup, first.Skip(1));
        Assert.Equal(network.Asked.Count, network.Asked.Distinct().Count());
    }

    [Fact]
    public void Peers_that_do_not_answer_are_no_result_and_the_next_closest_are()
    {
        var network = new Network(200) { Dead = n => n % 3 == 0 };
        var lookup = new KadLookup(Target, KadId.Of(Self), LookupSeeds.Of(network.Some(K), [], 2), K, concurrency: 3);
        network.Run(lookup);

        // Tables that still name the dead hide some of the living; the closest is found all the same.
        Assert.Equal(K, lookup.Closest.Count);
        Assert.All(lookup.Closest, p => Assert.True(network.Lives(p)));
        Assert.Equal(network.Closest(1)[0], lookup.Closest[0]);
    }

    [Fact]
    public void Without_seeds_nobody_is_asked_and_it_is_over()
    {
        var lookup = new KadLookup(Target, KadId.Of(Self), LookupSeeds.Of([], [], 2), K, concurrency: 3);
        Assert.Empty(lookup.Next());
        Assert.True(lookup.IsDone);
        Assert.Empty(lookup.Closest);
    }

    [Fact]
    public void The_peer_that_looks_is_not_asked()
    {
        var lookup = new KadLookup(KadId.Of(Self), KadId.Of(Self), [[Peer(1)]], K, concurrency: 3);
        lookup.Answered(Assert.Single(lookup.Next()), [Self, Peer(1)]);
        Assert.Empty(lookup.Next());
        Assert.True(lookup.IsDone);
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    public void One_that_names_only_its_accomplices_leads_a_single_path_astray_but_not_two(int paths, bool honest)
    {
        var network = new Network(200);
        var sybils = Sybils(3 * K);
        PeerId[] seeds = [sybils[^1], .. network.Some(3)];
        var lookup = new KadLookup(Target, KadId.Of(Self), LookupSeeds.Of(seeds, [], paths), K, concurrency: 2);

        // The accomplice answers first, and names those that are closer than every honest peer; they name one another.
        network.Run(lookup, from: sybils, tell: _ => sybils[..^1]);
        Assert.Equal(honest, lookup.Closest.Contains(network.Closest(1)[0]));
        Assert.InRange(lookup.Closest.Count(sybils.Contains), 0, honest ? K / 2 : K);
    }

    [Fact]
    public void The_first_path_begins_with_the_closest_and_the_others_elsewhere()
    {
        PeerId[] closest = [Peer(1), Peer(2), Peer(3)], others = [Peer(4), Peer(5), Peer(6)];
        Assert.Equal([[Peer(1), Peer(2), Peer(3)], [Peer(4), Peer(6)], [Peer(5)]], LookupSeeds.Of(closest, others, 3));
        Assert.Equal([[Peer(1), Peer(3)], [Peer(2)]], LookupSeeds.Of(closest, [], 2));
        Assert.Equal([closest], LookupSeeds.Of(closest, others, 1));
    }

    [Fact]
    public void A_search_that_is_led_on_and_on_ends()
    {
        // Each names new ones that are closer still.
        var count = 0;
        var known = Enumerable.Range(0, 100_000).Select(Peer).OrderByDescending(p => KadId.Of(p), Comparer<KadId>.Create(Target.CompareDistance)).ToArray();
        var lookup = new KadLookup(Target, KadId.Of(Self), [[known[0]]], K, concurrency: 3);
        while (!lookup.IsDone)
        {
            foreach (var peer in lookup.Next())
            {
                lookup.Answered(peer, known.Skip(count += K).Take(K));
            }
        }

        Assert.Equal(KadLookup.MaxAsked * K, lookup.Asked);
    }

    [Fact]
    public void A_peer_that_was_told_at_a_wrong_address_is_asked_again_at_another_but_not_for_ever()
    {
        var lookup = new KadLookup(Target, KadId.Of(Self), [[Peer(1)]], K, concurrency: 3);
        for (var i = 0; i < KadLookup.MaxTries; i++)
        {
            Assert.Equal([Peer(1)], lookup.Next());
            lookup.Failed(Peer(1));
            lookup.Retry(Peer(1));
        }

        Assert.Empty(lookup.Next());
        Assert.True(lookup.IsDone);
    }

    /// <summary>Ids that are closer to the target than those of a small network.</summary>
    private static PeerId[] Sybils(int count) =>
        [.. Enumerable.Range(1_000_000, int.MaxValue - 1_000_000).Select(Peer).Where(p => Target.CommonPrefix(KadId.Of(p)) >= 11).Take(count)];

    private static PeerId Peer(int number) => PeerId.FromBytes(Multihash.Sha256(BitConverter.GetBytes(number)));

    /// <summary>Peers that know their neighbours and a few far ones.</summary>
    private sealed class Network(int size)
    {
        private readonly PeerId[] _peers = [.. Enumerable.Range(0, size).Select(Peer)];

        public Func<int, bool> Dead { get; init; } = _ => false;

        public List<PeerId> Asked { get; } = [];

        public PeerId[] Some(int count) => [.. _peers.OrderByDescending(Distance).Where(Lives).Take(count)];

        public PeerId[] Closest(int count) => [.. _peers.OrderBy(Distance).Where(Lives).Take(count)];

        /// <summary>Of each bucket of the peer those that are closest to the target, as a routing table would tell.</summary>
        public PeerId[] Neighbours(PeerId peer)
        {
            var id = KadId.Of(peer);
            var table = _peers.Where(p => !p.Equals(peer)).GroupBy(p => id.CommonPrefix(KadId.Of(p))).SelectMany(b => b.Take(K));
            return [.. table.OrderBy(Distance).Take(K)];
        }

        public void Run(KadLookup lookup, IEnumerable<PeerId>? running = null, PeerId[]? from = null, Func<PeerId, PeerId[]>? tell = null)
        {
            var waiting = new List<PeerId>(running ?? []);
            Asked.AddRange(waiting);
            while (!lookup.IsDone)
            {
                var next = lookup.Next();
                Asked.AddRange(next);
                waiting.AddRange(next);

                // Accomplices are fast.
                var peer = waiting.FirstOrDefault(p => from?.Contains(p) is true) ?? waiting[0];
                waiting.Remove(peer);
                if (from?.Contains(peer) is true)
                {
                    lookup.Answered(peer, tell!(peer));
                }
                else if (Lives(peer))
                {
                    lookup.Answered(peer, Neighbours(peer));
                }
                else
                {
                    lookup.Failed(peer);
                }
            }
        }

        public bool Lives(PeerId peer) => !Dead(Array.IndexOf(_peers, peer));

        private static KadIdDistance Distance(PeerId peer) => new(KadId.Of(peer));
    }

    private readonly record struct KadIdDistance(KadId Id) : IComparable<KadIdDistance>
    {
        public int CompareTo(KadIdDistance other) => Target.CompareDistance(Id, other.Id);
    }
}
