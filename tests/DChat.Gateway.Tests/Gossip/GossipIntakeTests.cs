using DChat.Abstractions.Grains;
using DChat.Core.Shards;
using DChat.Gateway.Gossip;
using DChat.Testing.Gateways;
using DChat.Testing.Messages;
using Microsoft.Extensions.DependencyInjection;

namespace DChat.Gateway.Tests.Gossip;

public sealed class GossipIntakeTests
{
    private const int Shard = 4;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_graceful_stop_keeps_what_gossip_had_accepted()
    {
        await using var gateways = await GatewayCluster.StartAsync();
        var author = Author.OfShard(Shard);
        var commit = new TaskCompletionSource<AppendOutcome>();
        gateways.Cluster.Log.BeforeCommit = (_, _) => commit.Task;
        var intake = gateways.Services().GetRequiredService<GossipIntake>();
        await using var peer = await gateways.JoinAsync(0, author.Shard, Token);
        peer.Publish(author.SealOne("accepted"u8));
        while (intake.WaitingBytes == 0)
        {
            Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        var draining = gateways.Gateway().DrainAsync(Token);
        Assert.False(draining.IsCompleted);
        commit.SetResult(AppendOutcome.Durable);
        await draining;

        Assert.Equal(0, intake.WaitingBytes);
        var shard = gateways.Cluster.SiloClient.GetGrain<ISyncShardGrain>(author.ShardKey);
        Assert.Equal(1ul, (await shard.GetHeadAsync()).Sequence);
    }
}
