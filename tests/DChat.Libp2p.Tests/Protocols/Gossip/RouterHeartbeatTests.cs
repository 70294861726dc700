using System.Runtime.InteropServices;
using DChat.Libp2p.Protocols.Gossipsub;
using DChat.Libp2p.Protocols.Gossipsub.Routing;
using DChat.Libp2p.Protocols.Gossipsub.Wire;

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
        Assert.All(told, ids => Assert.Equal(5000, ids.Length));
        Assert.Single(told.Select(ArrayOf).Distinct());
        Assert.InRange(allocated, 0, Mebibyte);
    }

    [Fact]
    public void Of_more_ids_each_peer_is_told_of_a_part_that_costs_no_copy_and_together_they_are_told_of_all()
    {
        var (router, allocated) = Beat(ids: 30_000);
        var told = Told(router);

        Assert.Equal(Peers / 4, told.Count);
        Assert.All(told, ids => Assert.Equal(5000, ids.ToArray().Distinct().Count()));
        Assert.Equal(30_000, told.Take(6).SelectMany(ids => ids.ToArray()).Distinct().Count());
        Assert.InRange(allocated, 0, 2 * Mebibyte);
    }

    [Fact]
    public void What_each_peer_is_told_of_is_drawn_anew_at_every_heartbeat()
    {
        var (router, _) = Beat(ids: 30_000);
        var first = Told(router)[0].ToArray();
        router.Effects.Clear();
        router.Heartbeat(_now += TimeSpan.FromSeconds(1));

        Assert.NotEqual(first, Told(router)[0].ToArray());
        Assert.NotEqual(first, Enumerable.Range(0, 5000).Select(RouterPeers.Id));
    }

    private static List<ReadOnlyMemory<GossipMessageId>> Told(GossipRouter router) =>
        [.. router.Effects.Where(e => e.Kind == GossipEffectKind.Gossip && e.Ids.Kind == GossipKind.Ihave).Select(e => e.Ids.Ids)];

    private static GossipMessageId[]? ArrayOf(ReadOnlyMemory<GossipMessageId> ids) =>
        MemoryMarshal.TryGetArray(ids, out var segment) ? segment.Array : null;

    /// <summary>A router with so many messages published lately, after a heartbeat; bytes that the heartbeat has allocated.</summary>
    private (GossipRouter Router, long Allocated) Beat(int ids)
    {
        var router = new GossipRouter(new GossipsubOptions { FloodPublish = false, GossipFactor = 0.25 }, seed: 1);
        router.Join("t", _now);
        for (var i = 0; i < Peers + 6; i++)
        {
            router.Subscribe(router.Connect($"{i}"), "t");
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
