using DChat.Abstractions.Streams;

namespace DChat.Silo.Hosting;

/// <summary>
/// Gives the stream subscriptions of this process back while the silo can still do so: it runs before anything stops.
/// Otherwise the cluster would keep them, and deliver to nobody.
/// </summary>
internal sealed class SubscriptionDrain(IShardFeeds feeds) : IHostedLifecycleService
{
    public Task StoppingAsync(CancellationToken cancellationToken) => feeds.CloseAsync();

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
