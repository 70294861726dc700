using DChat.Core.Envelopes;
using DChat.Core.Topics;
using DChat.EndToEnd.Tests.Crash;
using DChat.Libp2p.Host;
using DChat.Testing.Gateways;
using DChat.Testing.Processes;

namespace DChat.EndToEnd.Tests.Gateways;

/// <summary>The core dies while peers push through both edges.</summary>
public sealed class PushKillTests(ITestOutputHelper output)
{
    private const int DefaultRounds = 4;
    private const int MaxAcceptedPerRound = 4_000;
    private const int TopicsOfEdge = 4;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary><c>DCHAT_KILL_ROUNDS</c> and <c>DCHAT_KILL_SEED</c> as for the single silo.</summary>
    [Fact]
    public async Task What_was_accepted_is_fetched_once_after_kills_of_the_core_and_the_relay_has_signed_for_it()
    {
        var rounds = KillKnobs.Rounds ?? DefaultRounds;
        var random = KillKnobs.Random(rounds, output);
        await using var cluster = await MachineCluster.StartAsync(MachineCluster.WithoutQuotas, Cancel);
        await using var load = new PushLoad();
        Topic[] topics = [.. Enumerable.Range(0, 2 * TopicsOfEdge).Select(i => Topic.Public("dchat-dev", $"kill-{i}"))];
        await load.StartAsync(cluster.Primary.Libp2pAddress(), topics[..TopicsOfEdge], Cancel);
        await load.StartAsync(cluster.Edge.Libp2pAddress(), topics[TopicsOfEdge..], Cancel);
        try
        {
            for (var round = 1; round <= rounds; round++)
            {
                await load.WaitForMoreAsync(random.Next(1, MaxAcceptedPerRound + 1), Cancel);
                await cluster.Core.KillAsync(Cancel);
                await cluster.Core.RestartAsync(Cancel);
            }

            await load.WaitForMoreAsync(1, Cancel);
            await load.StopAsync(Cancel);
        }
        catch
        {
            output.WriteLine(cluster.Describe());
            throw;
        }

        output.WriteLine($"{load.Accepted.Count} accepted, {load.Refusals} refused for the moment");
        Assert.Equal([cluster.Edge.Relay()], load.Relays);
        await AssertFetchedAsync(cluster, topics, load);
    }

    private static async Task AssertFetchedAsync(MachineCluster cluster, Topic[] topics, PushLoad load)
    {
        await using var host = new Libp2pHost(new Libp2pOptions());
        var connection = await host.ConnectAsync(cluster.Edge.Libp2pAddress(), Cancel);
        await using var peer = await FetchPeer.OpenAsync(host, connection, Cancel);
        Dictionary<MessageId, (ulong Sequence, ulong TopicSequence)> fetched = [];
        foreach (var topic in topics)
        {
            var messages = await peer.FetchAllAsync(topic.Tag, Cancel);
            Assert.Equal(Enumerable.Range(1, messages.Count).Select(i => (ulong)i), messages.Select(message => message.TopicSequence));
            foreach (var message in messages)
            {
                Assert.True(fetched.TryAdd(MessageId.Compute(message.Envelope.Span), (message.Sequence, message.TopicSequence)), "A message stands twice.");
            }
        }

        Assert.Equal(
            load.Accepted.Select(each => (each.Key, (each.Value.Sequence, each.Value.TopicSequence))).OrderBy(each => each.Key),
            fetched.Select(each => (each.Key, each.Value)).OrderBy(each => each.Key));
    }
}
