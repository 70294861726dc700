using DChat.Core.Topics;

namespace DChat.Core.Shards;

/// <summary>Makes the open set of a shard from its log.</summary>
public static class ShardReplay
{
    /// <summary>The open set: every durable message that the writer's log holds and that is not sealed. To be called before the first append.</summary>
    /// <param name="writer">A writer that was just opened.</param>
    /// <param name="sealedMessages">What is sealed; null for nothing.</param>
    /// <param name="salt">See <see cref="ShardIndex(ulong, ulong)"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="DChatException">The log is damaged or contradicts itself (<c>log-corrupt</c>), or it or a segment cannot be read (transient).</exception>
    public static async ValueTask<ShardIndex> ReplayIndexAsync(
        this IShardLogWriter writer, ISealedMessages? sealedMessages, ulong salt, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(writer);
        var replay = new Replay(writer.Head, sealedMessages ?? NothingSealed.Instance, salt);
        try
        {
            await writer.ReplayAsync(replay.Take, cancellationToken).ConfigureAwait(false);
            if (replay.Head > 0 && replay.Head != writer.Head)
            {
                throw new DChatException("log-corrupt", $"The log ends at sequence {writer.Head}, but tells of messages up to {replay.Head}.");
            }

            return replay.Build();
        }
        catch (ArgumentException e)
        {
            throw new DChatException("log-corrupt", $"The index refuses what the log holds: {e.Message}", inner: e);
        }
    }

    private sealed class Replay(ulong head, ISealedMessages sealedMessages, ulong salt)
    {
        private readonly Dictionary<TopicTag, uint> _counted = [];
        private readonly SealedSequences _sealed = new(sealedMessages);
        private ShardIndex.Builder? _open;

        public ulong Head { get; private set; }

        public ShardIndex Build() => (_open ?? new ShardIndex.Builder(salt, expected: 0)).Build(head);

        public void Take(in IndexEntry entry, ulong sequence, uint topicSequence, ulong location)
        {
            if (Head > 0 && sequence != Head + 1)
            {
                throw new DChatException("log-corrupt", $"The log tells of sequence {sequence} after {Head}.");
            }

            // Of what is sealed some may be older than what the log still has: then the table grows.
            _open ??= new ShardIndex.Builder(salt, (long)(head - sequence) + 1 - sealedMessages.Count);
            Head = sequence;
            if (topicSequence == 0)
            {
                topicSequence = _counted[entry.Topic] = _counted.GetValueOrDefault(entry.Topic) + 1;
            }

            if (!_sealed.Contains(sequence))
            {
                _open.Add(entry, sequence, location, topicSequence);
            }
        }
    }
}
