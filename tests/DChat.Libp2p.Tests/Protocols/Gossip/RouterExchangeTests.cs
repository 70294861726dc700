using DChat.Libp2p.Addresses;
using DChat.Libp2p.Protocols.Gossip;

namespace DChat.Libp2p.Tests.Protocols.Gossip;

/// <summary>Peers told of and direct peers: transcripts of the router (gossipsub-v1.1.md).</summary>
public sealed class RouterExchangeTests
{
    private const string Full = """
        > peers abcde
        > join t
        a <- SUBSCRIBE t
        b <- SUBSCRIBE t
        c <- SUBSCRIBE t
        d <- SUBSCRIBE t
        e <- SUBSCRIBE t
        > a: graft t
        a wants t
        > b: graft t
        b wants t
        > c: graft t
        c wants t

        """;

    [Fact]
    public void Who_finds_no_place_in_a_mesh_is_told_of_the_others_and_who_grafts_too_early_is_not() => Transcript.Replay(Full + """
        > d: graft t
        d <- PRUNE t 60 [abc]
        > d: graft t
        d <- PRUNE t 60
        > leave t
        a <- PRUNE t 10 [bc]
        b <- PRUNE t 10 [ac]
        c <- PRUNE t 10 [ab]
        a <- UNSUBSCRIBE t
        b <- UNSUBSCRIBE t
        c <- UNSUBSCRIBE t
        d <- UNSUBSCRIBE t
        e <- UNSUBSCRIBE t
        """, o =>
        {
            Three(o);
            o.PeerExchange = true;
        });

    [Fact]
    public void Nobody_is_told_of_anybody_unless_that_is_wanted() => Transcript.Replay(Full + """
        > d: graft t
        d <- PRUNE t 60
        """, Three);

    [Fact]
    public void Peers_told_of_are_followed_only_when_their_teller_may_introduce_and_in_topics_taken_part_in() => Transcript.Replay(Full + """
        > a: exchange t r1 r2
        a introduces r1 r2
        > a: exchange u r3
        > b: exchange t r4
        """, o => o.AcceptsExchangeOf = p => p.Equals(RouterPeers.Peer("a")));

    [Fact]
    public void Of_many_told_of_at_once_sixteen_are_followed()
    {
        var router = Transcript.Replay(Full, o => o.AcceptsExchangeOf = _ => true);
        var rpc = new DChat.Libp2p.Protocols.Gossip.Wire.GossipRpc();
        rpc.Prune.Add(("t", 60));
        rpc.Exchange.AddRange(Enumerable.Range(0, 17).Select(n => ("t", (ReadOnlyMemory<byte>)new byte[] { (byte)n })));
        router.HandleControl(RouterPeers.Peer("a"), rpc, TimeSpan.Zero);
        Assert.Equal(16, Assert.Single(router.Effects).Records!.Count);
    }

    [Fact]
    public void A_direct_peer_gets_every_message_and_is_in_no_mesh() => Transcript.Replay("""
        > peers abd
        > join t
        a <- SUBSCRIBE t
        b <- SUBSCRIBE t
        d <- SUBSCRIBE t
        > a: graft t
        a wants t
        > b: graft t
        b wants t
        > d: subscribe t
        d wants t
        > a: message t m
        validate m of a
        > accept m
        b <- m
        d <- m
        > d: message t n
        validate n of d
        > accept n
        a <- n
        b <- n
        > publish t own
        a <- own
        b <- own
        d <- own
        > publish u outside
        > d: graft t
        d <- PRUNE t 60
        > beat
        > mesh t
        mesh ab
        """, Direct);

    [Fact]
    public void A_direct_peer_has_a_place_beyond_the_limit() => Transcript.Replay("""
        > peers abcd
        c refused
        """, o =>
        {
            Direct(o);
            o.Limits.MaxPeers = 2;
        });

    [Fact]
    public void A_direct_peer_is_named_by_its_address()
    {
        var options = new GossipsubOptions();
        options.DirectPeers.Add(Multiaddr.Parse("/memory/d"));
        Assert.Equal("DirectPeers must end with /p2p and a peer id, but one is /memory/d.", Assert.Single(options.Validate()));
    }

    private static void Three(GossipsubOptions options) =>
        (options.MeshSize, options.MeshLow, options.MeshHigh, options.MeshOutbound) = (3, 2, 3, 0);

    private static void Direct(GossipsubOptions options)
    {
        (options.MeshSize, options.MeshLow, options.MeshHigh, options.MeshOutbound) = (2, 2, 3, 0);
        options.DirectPeers.Add(Multiaddr.Parse("/memory/d").WithPeer(RouterPeers.Peer("d")));
    }
}
