using System.Net;
using DChat.Libp2p.Protocols.Gossip.Routing;

namespace DChat.Libp2p.Tests.Protocols.Gossip;

/// <summary>Back-offs at their limits.</summary>
public sealed class BackoffRoomTests
{
    private static readonly IPNetwork Crowded = IPNetwork.Parse("192.0.2.0/24");
    private static readonly IPNetwork Quiet = IPNetwork.Parse("198.51.100.0/24");

    [Fact]
    public void A_network_at_its_limit_keeps_all_and_one_more_pushes_out_its_own_that_ends_first()
    {
        var room = new BackoffRoom(capacity: 10, perNetwork: 3);
        Add(room, "other", Quiet, 1);
        Add(room, "a", Crowded, 20);
        Add(room, "b", Crowded, 10);
        Add(room, "c", Crowded, 30);
        Assert.Equal(["other", "a", "b", "c"], Active(room, "other", "a", "b", "c"));
        Add(room, "d", Crowded, 40);
        Assert.Equal(["other", "a", "c", "d"], Active(room, "other", "a", "b", "c", "d"));
    }

    [Fact]
    public void A_full_room_keeps_all_and_one_more_pushes_out_one_of_the_network_with_most()
    {
        var room = new BackoffRoom(capacity: 4, perNetwork: 3);
        Add(room, "a", Crowded, 20);
        Add(room, "b", Crowded, 10);
        Add(room, "c", Crowded, 30);
        Add(room, "d", Quiet, 1);
        Assert.Equal(4, room.Count);
        Add(room, "e", Quiet, 1);
        Assert.Equal(["a", "c", "d", "e"], Active(room, "a", "b", "c", "d", "e"));
    }

    [Fact]
    public void What_is_said_again_counts_once_and_the_later_end_holds()
    {
        var room = new BackoffRoom(capacity: 4, perNetwork: 3);
        Add(room, "a", Crowded, 20);
        Add(room, "a", Quiet, 5);
        Assert.Equal(1, room.Count);
        Assert.True(room.IsActive("t", RouterPeers.Peer("a"), Seconds(19), out var since));
        Assert.Equal(Seconds(0), since);
        room.Expire(Seconds(20));
        Assert.Equal(1, room.Count);
        room.Expire(Seconds(21));
        Assert.Equal(0, room.Count);
    }

    private static TimeSpan Seconds(int seconds) => TimeSpan.FromSeconds(seconds);

    private static void Add(BackoffRoom room, string peer, IPNetwork network, int until) =>
        room.Add("t", RouterPeers.Peer(peer), new BackoffShare(network, IsRelayed: false), Seconds(0), Seconds(until));

    private static IEnumerable<string> Active(BackoffRoom room, params string[] peers) =>
        peers.Where(p => room.IsActive("t", RouterPeers.Peer(p), Seconds(0), out _));
}
