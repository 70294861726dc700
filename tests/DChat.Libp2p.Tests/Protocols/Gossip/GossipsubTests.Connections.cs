using DChat.Libp2p.Addresses;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Protocols.CircuitRelay;
using DChat.Libp2p.Protocols.Gossip;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Tests.Host;

namespace DChat.Libp2p.Tests.Protocols.Gossip;

/// <content>What messages say of the connection they came over.</content>
public sealed partial class GossipsubTests
{
    [Fact]
    public async Task A_message_names_the_connection_it_came_over_also_when_that_is_closed_before_it_is_judged()
    {
        var (alice, bob, _) = await LineAsync();
        var connection = bob.Host.ConnectionsTo(alice.Peer)[0];
        var gone = new TaskCompletionSource();
        var judged = new TaskCompletionSource<GossipMessage>();
        bob.Judge = async message =>
        {
            await gone.Task;
            judged.SetResult(message);
            return GossipVerdict.Accept;
        };
        alice.Publish("last words");
        await GossipNode.UntilAsync(() => bob.Gossip.Counters.Received == 1);
        await connection.CloseAsync();
        await GossipNode.UntilAsync(() => bob.Host.ConnectionsTo(alice.Peer).Count == 0);
        gone.SetResult();

        var message = await judged.Task;
        Assert.Same(connection, message.ReceivedOver);
        Assert.Equal(alice.Peer, message.ReceivedFrom);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Gossip_runs_over_a_connection_that_a_relay_lends_only_when_both_say_so(bool runs)
    {
        await using var relay = await GossipNode.StartAsync(_nodes.Network, "relay");
        using var service = new CircuitRelayService(relay.Host);
        await using var bob = await GossipNode.StartAsync(_nodes.Network, "hidden", o => o.RunsOnLimited = runs);
        await using var alice = await GossipNode.StartAsync(_nodes.Network, "far", o => o.RunsOnLimited = runs);
        var through = Multiaddr.Parse($"{relay.Host.Address()}/p2p-circuit");
        await bob.Host.ListenAsync(through, TestContext.Current.CancellationToken);
        using var events = alice.Host.Subscribe();
        await alice.Host.ConnectAsync(through.WithPeer(bob.Peer), TestContext.Current.CancellationToken);
        await events.NextAsync<PeerEvent.Identified>(e => e.Info.Peer.Equals(bob.Peer));
        if (runs)
        {
            await GossipNode.UntilAsync(() => alice.Gossip.Peers.Contains(bob.Peer) && bob.Gossip.Peers.Contains(alice.Peer));
            return;
        }

        // The direct connection is what gossip waits for, and it is what gossip uses.
        Assert.DoesNotContain(bob.Peer, alice.Gossip.Peers);
        await alice.Host.ConnectAsync(bob.Peer, [bob.Host.ListenAddresses[0]], new DialOptions { ForceDirect = true }, TestContext.Current.CancellationToken);
        await GossipNode.UntilAsync(() => alice.Gossip.Peers.Contains(bob.Peer) && bob.Gossip.Peers.Contains(alice.Peer));
    }
}
