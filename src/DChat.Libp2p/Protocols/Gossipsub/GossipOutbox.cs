using DChat.Libp2p.Protocols.Gossipsub.Routing;
using DChat.Libp2p.Protocols.Gossipsub.Wire;

namespace DChat.Libp2p.Protocols.Gossipsub;

/// <summary>
/// What waits to be sent to one peer, bounded in count and bytes. When it is full, talk about ids goes first, then new
/// messages. Subscriptions and mesh changes are never dropped: of each topic only the last is kept, and topics are ours.
/// </summary>
internal sealed class GossipOutbox(GossipsubLimits limits, GossipCounters counters)
{
    /// <summary>Bytes of ids in one entry, so that a long list is several and fits between messages.</summary>
    internal const int MaxIdsBytes = 16 * 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, bool> _subscriptions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TimeSpan?> _meshChanges = new(StringComparer.Ordinal);
    private readonly Queue<(GossipIds Ids, int Size)> _gossip = [];
    private readonly Queue<GossipPacket> _packets = [];
    private TaskCompletionSource? _waiter;
    private long _bytes;
    private bool _completed;
    private bool _isSuspended;

    /// <summary>Messages and entries of ids waiting.</summary>
    internal int Count { get { lock (_gate) { return _packets.Count + _gossip.Count; } } }

    /// <summary>Their bytes.</summary>
    internal long Bytes { get { lock (_gate) { return _bytes; } } }

    internal void AddSubscription(string topic, bool isSubscribed)
    {
        lock (_gate)
        {
            _subscriptions[topic] = isSubscribed;
            Wake();
        }
    }

    /// <summary>A PRUNE with its back-off, or a GRAFT when that is null.</summary>
    internal void AddMeshChange(string topic, TimeSpan? backoff)
    {
        lock (_gate)
        {
            _meshChanges[topic] = backoff;
            Wake();
        }
    }

    /// <summary>Says something about ids, if there is room.</summary>
    internal void AddGossip(GossipIds gossip)
    {
        var ids = gossip.Ids;
        lock (_gate)
        {
            while (!ids.IsEmpty)
            {
                var count = 0;
                for (var bytes = 0; count < ids.Length && bytes < MaxIdsBytes; count++)
                {
                    bytes += GossipRpcWriter.IdSize(ids.Span[count]);
                }

                AddEntry(gossip with { Ids = ids[..count] });
                ids = ids[count..];
            }
        }
    }

    /// <summary>Queues a message; false when there is no room even without the talk about ids.</summary>
    internal bool TryAdd(GossipPacket packet)
    {
        lock (_gate)
        {
            while (!HasRoom(packet.Frame.Length) && _gossip.TryDequeue(out var evicted))
            {
                _bytes -= evicted.Size;
                Interlocked.Increment(ref counters.DroppedGossip);
            }

            if (!HasRoom(packet.Frame.Length))
            {
                Interlocked.Increment(ref counters.DroppedMessages);
                return false;
            }

            _packets.Enqueue(packet);
            _bytes += packet.Frame.Length;
            Wake();
            return true;
        }
    }

    /// <summary>Moves what fits into one RPC to <paramref name="batch"/>; false when nothing waits.</summary>
    internal bool TryTake(GossipBatch batch)
    {
        batch.Clear();
        var room = limits.MaxRpcSent;
        lock (_gate)
        {
            TakeChanges(batch, ref room);
            while (_gossip.TryPeek(out var gossip) && (gossip.Size <= room || batch.IsEmpty))
            {
                room -= gossip.Size;
                _bytes -= gossip.Size;
                batch.Gossip.Add(_gossip.Dequeue().Ids);
            }

            while (_packets.TryPeek(out var packet) && (packet.Frame.Length <= room || batch.IsEmpty))
            {
                room -= packet.Frame.Length;
                _bytes -= packet.Frame.Length;
                batch.Packets.Add(_packets.Dequeue());
            }
        }

        return !batch.IsEmpty;
    }

    /// <summary>Waits until something is there; false when nothing is and nothing will be.</summary>
    internal async ValueTask<bool> WaitAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            TaskCompletionSource waiter;
            lock (_gate)
            {
                if (HasAny || _completed)
                {
                    return HasAny;
                }

                waiter = _waiter ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            await waiter.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Nothing more will come.</summary>
    internal void Complete()
    {
        lock (_gate)
        {
            _completed = true;
            Wake();
        }
    }

    /// <summary>Forgets what waits, and takes no messages and ids until <see cref="Resume"/>: the stream they would go over is gone.</summary>
    internal void Suspend()
    {
        lock (_gate)
        {
            _isSuspended = true;
            _subscriptions.Clear();
            _meshChanges.Clear();
            _gossip.Clear();
            _packets.Clear();
            _bytes = 0;
        }
    }

    internal void Resume()
    {
        lock (_gate)
        {
            _isSuspended = false;
        }
    }

    private bool HasAny => _subscriptions.Count + _meshChanges.Count + _gossip.Count + _packets.Count > 0;

    private bool HasRoom(int size) => !_isSuspended && _packets.Count + _gossip.Count < limits.MaxQueuedMessages && _bytes + size <= limits.MaxQueuedBytes;

    private void AddEntry(GossipIds entry)
    {
        var size = GossipRpcWriter.IdsSize(entry.Topic, entry.Ids.Span);
        if (!HasRoom(size))
        {
            Interlocked.Increment(ref counters.DroppedGossip);
            return;
        }

        _gossip.Enqueue((entry, size));
        _bytes += size;
        Wake();
    }

    /// <summary>A peer is told of a subscription before it is grafted: it would ignore the graft.</summary>
    private void TakeChanges(GossipBatch batch, ref int room)
    {
        foreach (var (topic, isSubscribed) in _subscriptions)
        {
            if (!Reserve(GossipRpcWriter.SubscriptionSize(topic), ref room, batch))
            {
                return;
            }

            batch.Subscriptions.Add((topic, isSubscribed));
            _subscriptions.Remove(topic);
        }

        foreach (var (topic, backoff) in _meshChanges)
        {
            if (!Reserve(GossipRpcWriter.MeshChangeSize(topic), ref room, batch))
            {
                return;
            }

            batch.MeshChanges.Add((topic, backoff));
            _meshChanges.Remove(topic);
        }
    }

    private static bool Reserve(int size, ref int room, GossipBatch batch)
    {
        if (size > room && !batch.IsEmpty)
        {
            return false;
        }

        room -= size;
        return true;
    }

    private void Wake()
    {
        _waiter?.TrySetResult();
        _waiter = null;
    }
}
