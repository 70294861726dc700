using DChat.Abstractions.Streams;
using DChat.Core.Topics;
using DChat.Grains.SyncShard;
using Microsoft.Extensions.Options;
using Orleans.Streams;

namespace DChat.Grains.Streams;

/// <summary>
/// The one queue of a core silo, from its shards to its pulling agent, in this process. Its reader waits for items instead of
/// polling, so an idle queue costs nothing and an item leaves at once. Thread-safe; one reader.
/// </summary>
internal sealed class ShardQueue(IOptions<NetworkOptions> network, IOptions<SyncShardOptions> options)
{
    private readonly Lock _gate = new();
    private readonly BoundedItems _items = new(options.Value.MaxGossipBacklogBytes);
    private readonly StreamId[] _streams =
        [.. Enumerable.Range(0, ShardStreams.MaxGroups).Select(group => ShardStreams.Of(network.Value.Network, group))];

    private long _added;
    private TaskCompletionSource? _waiter;

    /// <summary>Adds an item for a group's stream; the oldest make room for it.</summary>
    public void Add(int group, ShardItem item)
    {
        TaskCompletionSource? waiter;
        lock (_gate)
        {
            _items.Add(new ShardItemContainer(_streams[group], item, ++_added));
            waiter = _waiter;
            _waiter = null;
        }

        waiter?.TrySetResult();
    }

    /// <summary>Takes items, oldest first; waits while there are none. None when cancelled: to the agent a fault is an error to log.</summary>
    public async Task<IList<IBatchContainer>> TakeAsync(int maxCount, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            Task added;
            lock (_gate)
            {
                if (_items.Count > 0)
                {
                    var taken = new IBatchContainer[Math.Min(_items.Count, maxCount)];
                    for (var i = 0; i < taken.Length; i++)
                    {
                        taken[i] = _items.Take();
                    }

                    return taken;
                }

                _waiter ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                added = _waiter.Task;
            }

            await added.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }

        return [];
    }
}
