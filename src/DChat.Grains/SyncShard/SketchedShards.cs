namespace DChat.Grains.SyncShard;

/// <summary>
/// The shards of a silo that keep sketches: at most <see cref="MaxCount"/>, so that whoever asks every shard of a network does not fill the memory.
/// One more, and the shard that was asked for longest ago forgets its own. Thread-safe.
/// </summary>
internal sealed class SketchedShards
{
    /// <summary>The most shards. Each keeps up to 4 MiB: two sketches of a class.</summary>
    public const int MaxCount = 32;

    private readonly LinkedList<ShardSync> _byUse = [];
    private readonly Lock _gate = new();

    /// <summary>How many there are.</summary>
    public int Count { get { lock (_gate) { return _byUse.Count; } } }

    /// <summary>Notes that a shard has made or used its sketches.</summary>
    /// <returns>The shard that has to forget its own; null when there is room.</returns>
    public ShardSync? Use(ShardSync shard)
    {
        lock (_gate)
        {
            _byUse.Remove(shard);
            _byUse.AddFirst(shard);
            if (_byUse.Count <= MaxCount)
            {
                return null;
            }

            var last = _byUse.Last!.Value;
            _byUse.RemoveLast();
            return last;
        }
    }

    /// <summary>Notes that a shard has gone.</summary>
    public void Remove(ShardSync shard)
    {
        lock (_gate)
        {
            _byUse.Remove(shard);
        }
    }
}
