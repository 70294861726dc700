using Orleans.Streams;

namespace DChat.Grains.Streams;

/// <summary>
/// The pulling agent's end of the silo's queue. Nothing is confirmed: what a silo loses is in the log. The agent asks again as
/// soon as it has passed on what it got, and cancels the waiting call when it stops.
/// </summary>
internal sealed class ShardQueueReceiver(ShardQueue queue) : IQueueAdapterReceiver
{
    /// <inheritdoc/>
    public Task Initialize(TimeSpan timeout) => Task.CompletedTask;

    /// <inheritdoc/>
    [Obsolete("Use the overload which accepts a CancellationToken.")]
    public Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount) => GetQueueMessagesAsync(maxCount, CancellationToken.None);

    /// <inheritdoc/>
    public Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount, CancellationToken cancellationToken) =>
        queue.TakeAsync(maxCount, cancellationToken);

    /// <inheritdoc/>
    [Obsolete("Use the overload which accepts a CancellationToken.")]
    public Task MessagesDeliveredAsync(IList<IBatchContainer> messages) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task Shutdown(TimeSpan timeout) => Task.CompletedTask;
}
