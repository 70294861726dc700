using System.Diagnostics.CodeAnalysis;
using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Protocols.Gossip;

/// <summary>
/// What peers want, as it changes: first everything they want already, then every change. Loses nothing and stays bounded
/// however slow its reader is, because changes that undo each other before they are read both vanish. One reader at a
/// time. Ends when disposed or when gossipsub stops.
/// </summary>
public sealed class GossipSubscriptionFeed : IAsyncEnumerable<GossipSubscriptionChange>, IDisposable
{
    private readonly Lock _gate = new();
    private readonly LinkedList<GossipSubscriptionChange> _order = [];
    private readonly Dictionary<(PeerId Peer, string Topic), LinkedListNode<GossipSubscriptionChange>> _pending = [];
    private readonly Action<GossipSubscriptionFeed> _onDispose;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _completed;

    internal GossipSubscriptionFeed(Action<GossipSubscriptionFeed> onDispose) => _onDispose = onDispose;

    /// <summary>Changes waiting to be read.</summary>
    public int Pending { get { lock (_gate) { return _pending.Count; } } }

    /// <inheritdoc/>
    public async IAsyncEnumerator<GossipSubscriptionChange> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var (change, changed) = Take();
            if (change is not null)
            {
                yield return change;
            }
            else if (changed is null)
            {
                yield break;
            }
            else
            {
                await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The next change, if one waits: for a reader that comes now and then. Not together with reading asynchronously.</summary>
    public bool TryRead([NotNullWhen(true)] out GossipSubscriptionChange? change) => (change = Take().Change) is not null;

    /// <summary>Ends the feed.</summary>
    public void Dispose()
    {
        Complete();
        _onDispose(this);
    }

    internal void Add(PeerId peer, string topic, bool isSubscribed)
    {
        lock (_gate)
        {
            if (_completed)
            {
                return;
            }

            // What waits is always the opposite of what the reader knows, so the opposite of it is nothing new.
            if (_pending.Remove((peer, topic), out var opposite))
            {
                _order.Remove(opposite);
            }
            else
            {
                _pending.Add((peer, topic), _order.AddLast(new GossipSubscriptionChange(peer, topic, isSubscribed)));
            }

            _changed.TrySetResult();
        }
    }

    internal void Complete()
    {
        lock (_gate)
        {
            _completed = true;
            _changed.TrySetResult();
        }
    }

    private (GossipSubscriptionChange? Change, Task? Changed) Take()
    {
        lock (_gate)
        {
            if (_order.First is { Value: var change })
            {
                _order.RemoveFirst();
                _pending.Remove((change.Peer, change.Topic));
                return (change, null);
            }

            if (_completed)
            {
                return default;
            }

            if (_changed.Task.IsCompleted)
            {
                _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            return (null, _changed.Task);
        }
    }
}
