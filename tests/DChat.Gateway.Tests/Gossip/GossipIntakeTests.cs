using System.Collections.Concurrent;
using DChat.Abstractions.Admission;
using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Core.Admission;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Gateway.Admission;
using DChat.Gateway.Gossip;
using DChat.Libp2p.Host;
using DChat.Libp2p.Protocols.Gossip;
using DChat.Testing.Clusters;
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
        await UntilAsync(() => intake.WaitingBytes > 0);

        var draining = gateways.Gateway().DrainAsync(Token);
        Assert.False(draining.IsCompleted);
        commit.SetResult(AppendOutcome.Durable);
        await draining;

        Assert.Equal(0, intake.WaitingBytes);
        var shard = gateways.Cluster.SiloClient.GetGrain<ISyncShardGrain>(author.ShardKey);
        Assert.Equal(1ul, (await shard.GetHeadAsync()).Sequence);
    }

    [Fact]
    public async Task What_a_peer_gossiped_before_it_went_is_charged_to_the_network_it_came_from()
    {
        var door = new RefusingDoor();
        await using var gateways = await GatewayCluster.StartAsync(configure: silo => silo.Services.AddSingleton<IAdmissionDoor>(door));
        await gateways.ConnectAsync(0, Token);
        var host = gateways.Services().GetRequiredService<Libp2pHost>();
        await UntilAsync(() => host.Connections.Count == 1);
        var connection = host.Connections[0];
        await connection.CloseAsync();
        await UntilAsync(() => host.Connections.Count == 0);

        var validator = gateways.Services().GetRequiredService<GossipIntake>().ValidatorOf(new ShardId(Shard));
        await validator(new GossipMessage("topic", new GossipMessageId([1]), new byte[1], connection), Token);

        var source = Assert.Single(door.Sources);
        Assert.Equal((connection.RemotePeer.ToString(), PeerSources.PrefixOf(connection.RemoteAddress)), (source.Caller, source.Prefix));
        Assert.NotEqual(default, source.Prefix);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    /// <summary>Admits nothing, and keeps who asked.</summary>
    private sealed class RefusingDoor : IAdmissionDoor
    {
        public ConcurrentQueue<AdmissionSource> Sources { get; } = [];

        public Task<AdmissionVerdicts> AdmitAsync(
            IReadOnlyList<ReadOnlyMemory<byte>> envelopes, ShardId? shard, AdmissionSource source, CancellationToken cancellationToken)
        {
            Sources.Enqueue(source);
            return Task.FromResult(new AdmissionVerdicts(
                envelopes, [.. envelopes.Select(_ => AdmissionResult.Rejected(RejectionCode.Stale))], source, TestCluster.Network.ShardBits));
        }

        public void Settle(AdmittedBatch batch, ReadOnlySpan<PublishResult> results)
        {
        }
    }
}
