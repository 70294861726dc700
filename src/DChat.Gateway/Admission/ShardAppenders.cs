using System.Collections.Concurrent;
using DChat.Abstractions.Admission;
using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Core;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Core.Topics;
using Microsoft.Extensions.Options;

namespace DChat.Gateway.Admission;

/// <summary>The way of admitted envelopes into their shards.</summary>
internal sealed class ShardAppenders(IGrainFactory grains, IAdmissionDoor door, IOptions<NetworkOptions> network, TimeProvider time)
{
    private readonly ConcurrentDictionary<(ShardId Shard, Door Door), ShardAppender> _appenders = new();

    /// <summary>
    /// Appends a batch; completes with one result for each envelope when all that were accepted are durable. What the shard
    /// had already is refunded.
    /// </summary>
    /// <exception cref="DChatException">The shard could not be reached (<c>storage-unavailable</c>, transient); the envelopes may be durable all the same.</exception>
    public async Task<(LogId Log, PublishResult[] Results)> AppendAsync(AdmittedBatch batch)
    {
        var appender = _appenders.GetOrAdd((batch.Shard, batch.Source.Door), key => new ShardAppender(key.Door, Caller(key.Shard), time));
        var (log, results) = await appender.AppendAsync(batch).ConfigureAwait(false);
        door.Settle(batch, results);
        return (log, results);
    }

    private Func<AppendRequest, Task<PublishReply>> Caller(ShardId shard)
    {
        var grain = grains.GetGrain<ISyncShardGrain>(GrainKeys.Shard(network.Value.Network, shard));
        return new ShardCaller(shard, grain.AppendAsync, time).AppendAsync;
    }
}
