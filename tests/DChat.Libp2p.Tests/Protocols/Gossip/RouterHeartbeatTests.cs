using System.Runtime.InteropServices;
using DChat.Libp2p.Protocols.Gossip;
using DChat.Libp2p.Protocols.Gossip.Routing;
using DChat.Libp2p.Protocols.Gossip.Wire;

namespace DChat.Libp2p.Tests.Protocols.Gossip;

/// <summary>What a heartbeat costs with a thousand peers: it holds the lock that every message waits for.</summary>
public sealed class RouterHeartbeatTests
{
    private const int Peers = 1000;
    private const int Mebibyte = 1024 * 1024;

    private TimeSpan _now = TimeSpan.FromSeconds(1);

    [Fact]
    public void Ids_that_fit_into_one_IHAVE_are_copied_once_for_all_peers()
    {
        var (router, allocated) = Beat(ids: 5000);
        var told = Told(router);

        Assert.Equal(Peers / 4, told.Count);
        Assert.All(told, entries => Assert.Equal(5000, entries.Sum(e => e.Ids.Length)));
        Assert.Single(told.SelectMany(entries => entries).Select(ArrayOf).Distinct());
        Assert.InRange(allocated, 0, Mebibyte);
    }

    [Fact]
    public void Of_more_ids_each_peer_is_told_of_a_part_that_costs_no_copy_and_together_they_are_told_of_all()
    {
        var (router, allocated) = Beat(ids: 30_000);
        var told = Told(router);

        Assert.Equal(Peers / 4, told.Count);
        Assert.All(told, entries => Assert.InRange(IdsOf(entries).Distinct().Count(), 5000 - entries.Max(e => e.Ids.Length), 5000));
        Assert.All(told, entries => Assert.Equal(IdsOf(entries).Distinct().Count(), IdsOf(entries).Count()));
        Assert.Equal(30_000, told.Take(7).SelectMany(IdsOf).Distinct().Count());
        Assert.Single(told.SelectMany(entries => entries).Select(ArrayOf).Distinct());
        Assert.InRange(allocated, 0, 2 * Mebibyte);
    }

    [Fact]
    public void What_each_peer_is_told_of_is_drawn_anew_at_every_heartbeat()
    {
        var (router, _) = Beat(ids: 30_000);
        var first = IdsOf(Told(router)[0]).ToArray();
        router.Effects.Clear();
        router.Heartbeat(_now += TimeSpan.FromSeconds(1));

        Assert.NotEqual(first, IdsOf(Told(router)[0]));
        Assert.NotEqual(first, Enumerable.Range(0, first.Length).Select(RouterPeers.Id));
    }

    [Fact]
    public void What_an_entry_takes_in_a_queue_is_counted_once_for_all_peers()
    {
        var (router, _) = Beat(ids: 5000);
        var entries = Told(router)[0];
        Assert.Equal((5000 * 20) + (5000 * 3) + (entries.Length * (24 + 1)), entries.Sum(e => e.Size));
        Assert.All(Told(router), others => Assert.Equal(entries, others));
    }

    /// <summary>The entries of each peer that was told, in the order of telling.</summary>
    private static List<GossipIds[]> Told(GossipRouter router) =>
        [.. router.Effects.Where(e => e.Kind == GossipEffectKind.Gossip).GroupBy(e => e.Peer).Select(g => g.Select(e => e.Ids).ToArray())];

    private static IEnumerable<GossipMessageId> IdsOf(GossipIds[] entries) => entries.SelectMany(e => e.Ids.ToArray());

    private static GossipMessageId[]? ArrayOf(GossipIds entry) => MemoryMarshal.TryGetArray(entry.Ids, out var segment) ? segment.Array : null;

    /// <summary>A router with so many messages published lately, after a heartbeat; bytes that the heartbeat has allocated.</summary>
    private (GossipRouter Router, long Allocated) Beat(int ids)
    {
        var router = new GossipRouter(new GossipsubOptions { FloodPublish = false, GossipFactor = 0.25 }, seed: 1);
        router.Join("t", _now);
        for (var i = 0; i < Peers + 6; i++)
        {
            router.Subscribe(router.Connect($"{i}", $"/ip4/10.{i >> 8}.{i & 255}.1/tcp/1"), "t");
        }

        // The first forms the mesh, and makes the lists that stay as long as they have to be.
        router.Heartbeat(_now += TimeSpan.FromSeconds(1));
        for (var i = 0; i < ids; i++)
        {
            router.Publish(RouterPeers.Packet("t", i), _now);
            router.Effects.Clear();
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        router.Heartbeat(_now += TimeSpan.FromSeconds(1));
        return (router, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
