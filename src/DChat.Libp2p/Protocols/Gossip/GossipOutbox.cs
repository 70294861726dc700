using DChat.Libp2p.Protocols.Gossip.Routing;
using DChat.Libp2p.Protocols.Gossip.Wire;

namespace DChat.Libp2p.Protocols.Gossip;

/// <summary>
/// What waits to be sent to one peer, bounded in count, bytes and time. When it is full, talk about ids goes first, then new
/// messages. Subscriptions and mesh changes are never dropped: of each topic only the last is kept, and topics are ours.
/// </summary>
internal sealed class GossipOutbox(GossipsubLimits limits, GossipCounters counters, OutboxBudget budget, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, bool> _subscriptions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, MeshChange> _meshChanges = new(StringComparer.Ordinal);
    private readonly Queue<(GossipIds Ids, long Since)> _gossip = [];
    private readonly Queue<(GossipPacket Packet, long Since)> _packets = [];
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

    internal void AddMeshChange(string topic, MeshChange change)
    {
        lock (_gate)
        {
            _meshChanges[topic] = change;
            Wake();
        }
    }

    /// <summary>Says something about ids, if there is room.</summary>
    internal void AddGossip(GossipIds gossip)
    {
        if (gossip.Size > 0)
        {
            AddEntry(gossip);
            return;
        }

        foreach (var entry in gossip.Split(mostIds: int.MaxValue))
        {
            AddEntry(entry);
        }
    }

    /// <summary>Queues a message; false when there is no room even without the talk about ids.</summary>
    internal bool TryAdd(GossipPacket packet)
    {
        lock (_gate)
        {
            while (!HasRoom(packet.Frame.Length) && _gossip.Count > 0)
            {
                DropGossip(ref counters.DroppedGossip);
            }

            if (!HasRoom(packet.Frame.Length))
            {
                Interlocked.Increment(ref counters.DroppedMessages);
                return false;
            }

            _packets.Enqueue((packet, time.GetTimestamp()));
            Charge(packet.Frame.Length);
            Wake();
            return true;
        }
    }

    /// <summary>Drops what has waited longer than <see cref="GossipsubLimits.MaxQueuedTime"/>.</summary>
    internal void Expire()
    {
        lock (_gate)
        {
            while (_gossip.TryPeek(out var gossip) && IsLate(gossip.Since))
            {
                DropGossip(ref counters.DroppedLate);
            }

            while (_packets.TryPeek(out var packet) && IsLate(packet.Since))
            {
                DropPacket(ref counters.DroppedLate);
            }
        }
    }

    /// <summary>Drops the oldest, talk about ids first, until no more than so many bytes wait.</summary>
    internal void ShrinkTo(long bytes)
    {
        lock (_gate)
        {
            while (_bytes > bytes && _gossip.Count > 0)
            {
                DropGossip(ref counters.DroppedGossip);
            }

            while (_bytes > bytes && _packets.Count > 0)
            {
                DropPacket(ref counters.DroppedMessages);
            }
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
            while (_gossip.TryPeek(out var gossip) && (gossip.Ids.Size <= room || batch.IsEmpty))
            {
                room -= gossip.Ids.Size;
                Charge(-gossip.Ids.Size);
                batch.Gossip.Add(_gossip.Dequeue().Ids);
            }

            while (_packets.TryPeek(out var next) && (next.Packet.Frame.Length <= room || batch.IsEmpty))
            {
                room -= next.Packet.Frame.Length;
                Charge(-next.Packet.Frame.Length);
                batch.Packets.Add(_packets.Dequeue().Packet);
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
            Charge(-_bytes);
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
        lock (_gate)
        {
            if (!HasRoom(entry.Size))
            {
                Interlocked.Increment(ref counters.DroppedGossip);
                return;
            }

            _gossip.Enqueue((entry, time.GetTimestamp()));
            Charge(entry.Size);
            Wake();
        }
    }

    private bool IsLate(long since) => time.GetElapsedTime(since) > limits.MaxQueuedTime;

    private void Charge(long bytes)
    {
        _bytes += bytes;
        budget.Add(bytes);
    }

    private void DropGossip(ref long counter)
    {
        Charge(-_gossip.Dequeue().Ids.Size);
        Interlocked.Increment(ref counter);
    }

    private void DropPacket(ref long counter)
    {
        Charge(-_packets.Dequeue().Packet.Frame.Length);
        Interlocked.Increment(ref counter);
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

        foreach (var (topic, change) in _meshChanges)
        {
            if (!Reserve(GossipRpcWriter.MeshChangeSize(topic, change), ref room, batch))
            {
                return;
            }

            batch.MeshChanges.Add((topic, change));
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
