using DChat.Abstractions.Placement;
using DChat.Grains.Placement;
using Orleans.Streams;

namespace DChat.Grains.Streams;

/// <summary>A core silo serves its own queue and no other, an edge silo none; silos that come and go change nothing.</summary>
internal sealed class OwnQueueBalancer(LocalSiloRole local) : IStreamQueueBalancer
{
    private QueueId[] _own = [];

    /// <inheritdoc/>
    public Task Initialize(IStreamQueueMapper queueMapper)
    {
        _own = local.Role.IncludesCore() ? [.. queueMapper.GetAllQueues()] : [];
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task Shutdown() => Task.CompletedTask;

    /// <inheritdoc/>
    public IEnumerable<QueueId> GetMyQueues() => _own;

    /// <inheritdoc/>
    public bool SubscribeToQueueDistributionChangeEvents(IStreamQueueBalanceListener observer) => true;

    /// <inheritdoc/>
    public bool UnSubscribeFromQueueDistributionChangeEvents(IStreamQueueBalanceListener observer) => true;
}
