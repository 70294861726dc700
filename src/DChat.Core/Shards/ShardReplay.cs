namespace DChat.Core.Shards;

/// <summary>Makes the index of a shard from its log.</summary>
public static class ShardReplay
{
    /// <summary>An index of every durable message that the writer's log holds. To be called before the first append.</summary>
    /// <param name="writer">A writer that was just opened.</param>
    /// <param name="salt">See <see cref="ShardIndex(ulong)"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="DChatException">The log is damaged or contradicts itself (<c>log-corrupt</c>), or cannot be read (<c>log-unreadable</c>, transient).</exception>
    public static async ValueTask<ShardIndex> ReplayIndexAsync(this IShardLogWriter writer, ulong salt, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(writer);
        var index = new ShardIndex(salt);
        await writer.ReplayAsync((in entry, sequence, location) => Add(index, entry, sequence, location), cancellationToken).ConfigureAwait(false);
        return index;
    }

    private static void Add(ShardIndex index, in IndexEntry entry, ulong sequence, ulong location)
    {
        if (sequence != index.Head + 1)
        {
            throw new DChatException("log-corrupt", $"The log tells of sequence {sequence} after {index.Head}.");
        }

        try
        {
            index.Append(entry, location);
        }
        catch (ArgumentException e)
        {
            throw new DChatException("log-corrupt", $"The index refuses what the log holds under sequence {sequence}: {e.Message}", inner: e);
        }
    }
}
