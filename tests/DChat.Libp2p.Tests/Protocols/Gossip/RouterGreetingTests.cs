namespace DChat.Libp2p.Tests.Protocols.Gossip;

/// <summary>Peers to which no stream is open: transcripts of the router.</summary>
public sealed class RouterGreetingTests
{
    [Fact]
    public void Nobody_is_grafted_who_would_not_hear_of_it() => Transcript.Replay("""
        > peers ab
        > join t
        a <- SUBSCRIBE t
        b <- SUBSCRIBE t
        > a: graft t
        a wants t
        > b: subscribe t
        b wants t
        > silence a
        > silence b
        > mesh t
        mesh 
        > beat
        > b: graft t
        > greet a
        a <- SUBSCRIBE t
        > greet b
        b <- SUBSCRIBE t
        > beat
        a <- GRAFT t
        > mesh t
        mesh ab
        """);

    [Fact]
    public void A_graft_from_a_peer_that_hears_nothing_yet_waits_until_it_does() => Transcript.Replay("""
        > peers ab
        > join t
        a <- SUBSCRIBE t
        b <- SUBSCRIBE t
        > silence a
        > silence b
        > a: graft t
        a wants t
        > b: graft t
        b wants t
        > b: prune t 60
        > mesh t
        mesh 
        > greet a
        a <- SUBSCRIBE t
        > greet b
        b <- SUBSCRIBE t
        > mesh t
        mesh a
        """);
}
