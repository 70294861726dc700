using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using DChat.Abstractions.Diagnostics;
using DChat.Abstractions.Grains;
using DChat.Abstractions.Placement;
using DChat.Abstractions.Streams;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Grains.Placement;
using DChat.Grains.SyncShard;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace DChat.Grains.Streams;

/// <summary>
/// The shards that are active on this core silo, and their heartbeat: one item a second and group with the heads of all, so
/// that neither an idle shard nor thousands of them need a timer. A shard that is not used goes to sleep like any grain; the
/// heartbeats before told its head, and when a silo is lost its shards are asked by those who follow them.
/// </summary>
internal sealed class ActiveShards(
    ShardQueue queue,
    LocalSiloRole local,
    ILocalSiloDetails silo,
    IGrainFactory grains,
    IServiceProvider services,
    IOptions<NetworkOptions> network,
    IOptions<SyncShardOptions> options,
    TimeProvider time) : ILifecycleParticipant<ISiloLifecycle>
{
    private readonly ConcurrentDictionary<ShardId, ActiveShard> _shards = [];
    private readonly ConcurrentQueue<ShardId> _toWake = [];

    /// <summary>Adds a shard that has been opened here with a head; one that was not closed is replaced.</summary>
    public ActiveShard Add(ShardId shard, ulong head, Func<long> indexBytes) => _shards[shard] = new ActiveShard(this, shard, head, indexBytes, time);

    /// <summary>Removes a shard unless another activation has taken its place.</summary>
    public void Remove(ActiveShard shard) => _shards.TryRemove(new KeyValuePair<ShardId, ActiveShard>(shard.Shard, shard));

    /// <summary>Has a shard opened again with the next heartbeat, wherever that may be, so that its head is told.</summary>
    public void WakeLater(ShardId shard) => _toWake.Enqueue(shard);

    /// <inheritdoc/>
    public void Participate(ISiloLifecycle lifecycle)
    {
        if (!local.Role.IncludesCore())
        {
            return;
        }

        ITimer? timer = null;
        Meter? meter = null;
        lifecycle.Subscribe(
            nameof(ActiveShards),
            ServiceLifecycleStage.Active,
            _ =>
            {
                var log = services.GetRequiredService<IShardLog>().Id;
                meter = new Meter(DChatTelemetry.Name);
                meter.CreateObservableGauge(
                    "dchat.shard.index.memory", () => _shards.Values.Sum(shard => shard.IndexBytes), "By", "Memory of the indexes of the shards that are active here.");
                timer = time.CreateTimer(_ => Beat(log), state: null, options.Value.HeartbeatPeriod, options.Value.HeartbeatPeriod);
                return Task.CompletedTask;
            },
            async _ =>
            {
                meter?.Dispose();
                if (timer is not null)
                {
                    await timer.DisposeAsync();
                }
            });
    }

    private void Beat(LogId log)
    {
        while (_toWake.TryDequeue(out var shard))
        {
            grains.GetGrain<ISyncShardGrain>(GrainKeys.Shard(network.Value.Network, shard)).GetHeadAsync().Ignore();
        }

        var bits = network.Value.ShardBits;
        var groups = new (List<ushort> Shards, List<ulong> Heads)[ShardStreams.GroupOf(new ShardId((ushort)(network.Value.ShardCount - 1)), bits) + 1];
        for (var group = 0; group < groups.Length; group++)
        {
            groups[group] = ([], []);
        }

        foreach (var (id, shard) in _shards)
        {
            var (shards, heads) = groups[ShardStreams.GroupOf(id, bits)];
            shards.Add(id.Value);
            heads.Add(shard.NoteHead());
        }

        for (var group = 0; group < groups.Length; group++)
        {
            var (shards, heads) = groups[group];
            queue.Add(group, new ShardHeartbeat(silo.SiloAddress.ToParsableString(), log, [.. shards], [.. heads]));
        }
    }
}
