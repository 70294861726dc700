namespace DChat.Libp2p.Peers;

/// <summary>Hands events to everyone subscribed: what a host tells by. Publishing never waits. Thread-safe.</summary>
public sealed class PeerEventFeed
{
    private readonly Lock _gate = new();
    private PeerEventSubscription[] _subscriptions = [];
    private bool _completed;

    /// <summary>The events from now on.</summary>
    /// <param name="capacity">Events kept for a reader that falls behind before some are merged, at least 1.</param>
    public PeerEventSubscription Subscribe(int capacity = PeerEventSubscription.DefaultCapacity)
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

    /// <summary>Tells every subscription.</summary>
    public void Publish(PeerEvent occurred)
    {
        ArgumentNullException.ThrowIfNull(occurred);
        foreach (var subscription in Volatile.Read(ref _subscriptions))
        {
            subscription.Add(occurred);
        }
    }

    /// <summary>Ends every subscription, those made later too, after the events that it has.</summary>
    public void Complete()
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
