using DChat.Core.Topics;

namespace DChat.Grains.Streams;

/// <summary>A shard that is active on this silo, as heartbeats tell of it. Thread-safe.</summary>
internal sealed class ActiveShard(ActiveShards owner, ShardId shard, ulong opened, Func<long> indexBytes, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly HeadHistory _history = new(opened, spacing: time.TimestampFrequency);
    private ulong _head = opened;

    /// <summary>The shard.</summary>
    public ShardId Shard => shard;

    /// <summary>The bytes that its index occupies.</summary>
    public long IndexBytes => indexBytes();

    /// <summary>The sequence of the newest durable message whose batch is in the queue.</summary>
    public ulong Head
    {
        get
        {
            lock (_gate)
            {
                return _head;
            }
        }

        set
        {
            lock (_gate)
            {
                _head = value;
            }
        }
    }

    /// <summary>Where the head stood some time ago, or earlier.</summary>
    public ulong HeadAt(TimeSpan ago)
    {
        var timestamp = time.GetTimestamp() - (long)(Math.Max(0, ago.TotalSeconds) * time.TimestampFrequency);
        lock (_gate)
        {
            return _history.At(timestamp);
        }
    }

    /// <summary>Remembers and tells where the head stands now.</summary>
    public ulong NoteHead()
    {
        lock (_gate)
        {
            _history.Note(time.GetTimestamp(), _head);
            return _head;
        }
    }

    /// <summary>The shard is active here no more.</summary>
    public void Close() => owner.Remove(this);
}
