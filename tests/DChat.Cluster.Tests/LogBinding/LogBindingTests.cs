using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Abstractions.Placement;
using DChat.Core;
using DChat.Core.Shards;
using DChat.Grains.LogBinding;
using DChat.Testing.Clusters;
using DChat.Testing.Log;
using DChat.Testing.Messages;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;

namespace DChat.Cluster.Tests.LogBinding;

/// <summary>A cluster keeps its messages in one log: who comes with another is turned away before it hosts anything.</summary>
public sealed class LogBindingTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_core_with_another_log_does_not_start_and_every_acknowledged_message_stays_readable()
    {
        MemoryShardLog? other = null;
        await using var cluster = await TestCluster.StartAsync(configureSilo: silo =>
        {
            if (other is not null)
            {
                silo.Services.AddSingleton<IShardLog>(other);
            }
        });
        await PublishToEveryShardAsync(cluster);

        other = new MemoryShardLog();
        var error = await Assert.ThrowsAnyAsync<Exception>(() => cluster.Orleans.StartAdditionalSiloAsync().WaitAsync(Token));

        var fault = Assert.IsType<DChatException>(error.GetBaseException());
        Assert.Equal("log-mismatch", fault.Code);
        Assert.Contains(cluster.Log.Id.ToString(), fault.Message, StringComparison.Ordinal);
        Assert.Contains(other.Id.ToString(), fault.Message, StringComparison.Ordinal);
        for (var i = 0; i < TestCluster.Network.ShardCount; i++)
        {
            var page = await cluster.Client.GetGrain<ISyncShardGrain>(Author.OfShard((ushort)i).ShardKey).ReadAsync(default, 256);
            Assert.Equal([1ul], page.Sequences);
        }
    }

    [Fact]
    public async Task The_binding_holds_while_no_core_is_there_and_the_clusters_own_core_may_come_back()
    {
        MemoryShardLog? other = null;
        await using var cluster = await TestCluster.StartAsync(
            silos: 2,
            configureSilo: silo =>
            {
                if (other is not null)
                {
                    silo.Services.AddSingleton<IShardLog>(other);
                }
            },
            roles: [SiloRole.Edge, SiloRole.Core, SiloRole.Core, SiloRole.Core]);
        await cluster.Orleans.StopSiloAsync(cluster.Orleans.Silos[1], Token);

        other = new MemoryShardLog();
        var error = await Assert.ThrowsAnyAsync<Exception>(() => cluster.Orleans.StartAdditionalSiloAsync().WaitAsync(Token));
        Assert.Equal("log-mismatch", Assert.IsType<DChatException>(error.GetBaseException()).Code);

        other = null;
        await cluster.Orleans.StartAdditionalSiloAsync().WaitAsync(Token);
        await WhenACoreIsKnownAsync(cluster);
        await PublishToEveryShardAsync(cluster);
    }

    [Fact]
    public async Task Callers_outside_the_cluster_cannot_bind_it()
    {
        await using var cluster = await TestCluster.StartAsync();

        var binding = cluster.Client.GetGrain<ILogBindingGrain>(GrainKeys.LogBinding(TestCluster.Network.Network));
        var error = await Assert.ThrowsAsync<DChatException>(() => binding.BindAsync(new LogId(Guid.NewGuid())));

        Assert.Equal("cluster-only", error.Code);
    }

    [Fact]
    public async Task The_first_core_has_bound_the_cluster_before_it_is_active_so_that_nobody_who_joins_can_bind_first()
    {
        var record = new GrainState<LogBindingState>(new LogBindingState());
        await using var cluster = await TestCluster.StartAsync(configureSilo: silo =>
            silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(services => new WhenBecomingActive(() =>
            {
                var binding = services.GetRequiredService<IGrainFactory>()
                    .GetGrain<ILogBindingGrain>(GrainKeys.LogBinding(TestCluster.Network.Network));
                return services.GetRequiredKeyedService<IGrainStorage>(LogBindingState.Storage)
                    .ReadStateAsync(LogBindingState.Name, binding.GetGrainId(), record);
            })));

        Assert.True(record.RecordExists);
        Assert.Equal(cluster.Log.Id.Value, record.State!.Log);
    }

    // A core that has just joined hosts shards once its role has arrived at the caller's silo, and until then calls fail.
    private static async Task WhenACoreIsKnownAsync(TestCluster cluster)
    {
        var shard = cluster.SiloClient.GetGrain<ISyncShardGrain>(Author.OfShard(0).ShardKey);
        while (true)
        {
            try
            {
                await shard.GetHeadAsync();
                return;
            }
            catch (OrleansException) when (!Token.IsCancellationRequested)
            {
                await Task.Yield();
            }
        }
    }

    private static async Task PublishToEveryShardAsync(TestCluster cluster)
    {
        for (var i = 0; i < TestCluster.Network.ShardCount; i++)
        {
            var author = Author.OfShard((ushort)i);
            var reply = await cluster.SiloClient.GetGrain<IAdmissionGrain>(0).PublishAsync(new PublishRequest(author.Shard, author.Seal(1)));
            Assert.True(Assert.Single(reply.Results).IsAccepted);
        }
    }

    private sealed class WhenBecomingActive(Func<Task> look) : ILifecycleParticipant<ISiloLifecycle>
    {
        public void Participate(ISiloLifecycle lifecycle) =>
            lifecycle.Subscribe(nameof(WhenBecomingActive), ServiceLifecycleStage.BecomeActive, _ => look());
    }
}
