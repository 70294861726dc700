namespace DChat.Grains.SyncShard;

/// <summary>
/// The envelope bytes that wait for a commit in all shards of a silo together: thousands of shards that are each within their own limits
/// could else fill its memory. A shard in which nothing waits always takes one batch, so that a flood elsewhere does not silence it.
/// </summary>
/// <param name="limit">How many there may be.</param>
internal sealed class PendingBytes(long limit)
{
    /// <summary>The most in a silo, beside one batch for each shard: 256 MiB.</summary>
    public const long MaxBytes = 256L << 20;

    private long _bytes;

    /// <summary>Takes room for a batch; false when there is none.</summary>
    /// <param name="bytes">Of its envelopes.</param>
    /// <param name="isFirst">Whether nothing waits in its shard.</param>
    public bool TryTake(long bytes, bool isFirst)
    {
        if (Interlocked.Add(ref _bytes, bytes) <= limit || isFirst)
        {
            return true;
        }

        Return(bytes);
        return false;
    }

    /// <summary>Gives the room of a batch back.</summary>
    public void Return(long bytes) => Interlocked.Add(ref _bytes, -bytes);
}
