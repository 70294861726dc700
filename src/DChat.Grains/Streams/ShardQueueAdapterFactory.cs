using DChat.Grains.SyncShard;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Streams;

namespace DChat.Grains.Streams;

/// <summary>
/// The stream provider of a silo: one queue, which all of the silo's own streams go through. Shards write to
/// <see cref="ShardQueue"/> themselves, so for Orleans it is there to be read.
/// </summary>
internal sealed class ShardQueueAdapterFactory(string name, ShardQueue queue, SyncShardOptions options)
    : IQueueAdapterFactory, IQueueAdapter, IQueueAdapterCache, IStreamQueueMapper
{
    private readonly QueueId _queueId = QueueId.GetQueueId(name, 0, 0);

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public bool IsRewindable => false;

    /// <inheritdoc/>
    public StreamProviderDirection Direction => StreamProviderDirection.ReadOnly;

    /// <summary>Makes the factory of a silo.</summary>
    public static ShardQueueAdapterFactory Create(IServiceProvider services, string name) => new(
        name, services.GetRequiredService<ShardQueue>(), services.GetRequiredService<IOptions<SyncShardOptions>>().Value);

    /// <inheritdoc/>
    [Obsolete("Use the overload which accepts a CancellationToken.")]
    public Task<IQueueAdapter> CreateAdapter() => Task.FromResult<IQueueAdapter>(this);

    /// <inheritdoc/>
    public IQueueAdapterCache GetQueueAdapterCache() => this;

    /// <inheritdoc/>
    public IQueueCache CreateQueueCache(QueueId queueId) => new ShardQueueCache(options.MaxGossipBacklogBytes);

    /// <inheritdoc/>
    public IStreamQueueMapper GetStreamQueueMapper() => this;

    /// <inheritdoc/>
    public IEnumerable<QueueId> GetAllQueues() => [_queueId];

    /// <inheritdoc/>
    public QueueId GetQueueForStream(StreamId streamId) => _queueId;

    /// <inheritdoc/>
    public IQueueAdapterReceiver CreateReceiver(QueueId queueId) => new ShardQueueReceiver(queue);

    /// <inheritdoc/>
    public Task<IStreamFailureHandler> GetDeliveryFailureHandler(QueueId queueId) =>
        Task.FromResult<IStreamFailureHandler>(new DropDeadSubscribers());

    /// <inheritdoc/>
    public Task QueueMessageBatchAsync<T>(
        StreamId streamId, IEnumerable<T> events, StreamSequenceToken? token, Dictionary<string, object>? requestContext) =>
        throw new NotSupportedException("Only shards send on the streams of shard groups.");
}
