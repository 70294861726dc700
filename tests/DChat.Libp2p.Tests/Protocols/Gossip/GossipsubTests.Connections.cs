using DChat.Libp2p.Protocols.Gossip;

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
}
