using Orleans.Streams;

namespace DChat.Feeds.Hosting;

/// <summary>
/// The stream provider of a process that only subscribes: queues live on core silos alone. Orleans asks for the adapter to
/// hold it, and uses none of the rest outside a silo.
/// </summary>
internal sealed class SubscriberAdapterFactory(string name) : IQueueAdapterFactory, IQueueAdapter
{
    private const string NoQueues = "Only core silos have queues of shard batches.";

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public bool IsRewindable => false;

    /// <inheritdoc/>
    public StreamProviderDirection Direction => StreamProviderDirection.ReadOnly;

    /// <inheritdoc/>
    [Obsolete("Use the overload which accepts a CancellationToken.")]
    public Task<IQueueAdapter> CreateAdapter() => Task.FromResult<IQueueAdapter>(this);

    /// <inheritdoc/>
    public IQueueAdapterCache GetQueueAdapterCache() => throw new NotSupportedException(NoQueues);

    /// <inheritdoc/>
    public IStreamQueueMapper GetStreamQueueMapper() => throw new NotSupportedException(NoQueues);

    /// <inheritdoc/>
    public Task<IStreamFailureHandler> GetDeliveryFailureHandler(QueueId queueId) => throw new NotSupportedException(NoQueues);

    /// <inheritdoc/>
    public IQueueAdapterReceiver CreateReceiver(QueueId queueId) => throw new NotSupportedException(NoQueues);

    /// <inheritdoc/>
    public Task QueueMessageBatchAsync<T>(
        StreamId streamId, IEnumerable<T> events, StreamSequenceToken? token, Dictionary<string, object>? requestContext) =>
        throw new NotSupportedException(NoQueues);
}
