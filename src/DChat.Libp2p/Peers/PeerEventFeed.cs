namespace DChat.Libp2p.Peers;

/// <summary>Hands events to everyone subscribed. Publishing never waits.</summary>
internal sealed class PeerEventFeed
{
    private readonly Lock _gate = new();
    private PeerEventSubscription[] _subscriptions = [];
    private bool _completed;

    internal PeerEventSubscription Subscribe(int capacity)
    {
        lock (_gate)
        {
            var subscription = new PeerEventSubscription(capacity, Remove);
            if (_completed)
            {
                subscription.Complete();
            }
            else
            {
                _subscriptions = [.. _subscriptions, subscription];
            }

            return subscription;
        }
    }

    internal void Publish(PeerEvent occurred)
    {
        foreach (var subscription in Volatile.Read(ref _subscriptions))
        {
            subscription.Add(occurred);
        }
    }

    internal void Complete()
    {
        lock (_gate)
        {
            _completed = true;
            foreach (var subscription in _subscriptions)
            {
                subscription.Complete();
            }

            _subscriptions = [];
        }
    }

    private void Remove(PeerEventSubscription subscription)
    {
        lock (_gate)
        {
            _subscriptions = [.. _subscriptions.Where(s => s != subscription)];
        }
    }
}
