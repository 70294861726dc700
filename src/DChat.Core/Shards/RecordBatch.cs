using DChat.Core.Envelopes;
using DChat.Core.Topics;

namespace DChat.Core.Shards;

/// <summary>A <see cref="ShardAppend"/> as the records that a log keeps of it.</summary>
public static class RecordBatch
{
    /// <summary>The longest batch as records: 2 MiB.</summary>
    public const int MaxBytes = 2 << 20;

    /// <summary>Checks a batch and measures it. A bad one is to be refused before it is written, because a log cannot take back what it has written.</summary>
    /// <param name="append">The batch.</param>
    /// <param name="shard">The shard it is for.</param>
    /// <param name="shardBits">How many top bits of a topic tag name its shard.</param>
    /// <returns>The length of its records.</returns>
    /// <exception cref="ArgumentException">
    /// The batch is empty, or longer than <see cref="MaxBytes"/>; an envelope is too long, of an unknown class or of another shard; or the
    /// runs do not hold the envelopes.
    /// </exception>
    public static int Measure(ShardAppend append, ShardId shard, int shardBits)
    {
        ArgumentNullException.ThrowIfNull(append);
        if (append.Entries.Count == 0)
        {
            throw new ArgumentException("A batch has at least one message.", nameof(append));
        }

        if (append.TopicSequences.Count != append.Entries.Count)
        {
            throw new ArgumentException($"{append.TopicSequences.Count} topic sequences for {append.Entries.Count} messages.", nameof(append));
        }

        long envelopes = 0;
        foreach (var entry in append.Entries)
        {
            if (entry.Length is < 1 or > EnvelopeLimits.MaxBytes || !Enum.IsDefined(entry.Class) || entry.Topic.ShardOf(shardBits) != shard)
            {
                throw new ArgumentException($"The length, class or topic of {entry.Id} is out of range for shard {shard}.", nameof(append));
            }

            envelopes += entry.Length;
        }

        var length = envelopes + ((long)append.Entries.Count * LogRecord.HeaderLength);
        if (!AreWhole(append) || length > MaxBytes)
        {
            throw new ArgumentException(
                $"The lengths add up to {envelopes} bytes, and as records to {length} of at most {MaxBytes}; "
                + $"the runs hold {append.Runs.Sum(run => (long)run.Length)} bytes, or end within an envelope.",
                nameof(append));
        }

        return (int)length;
    }

    /// <summary>Refuses a batch that has a message twice.</summary>
    /// <param name="append">The batch.</param>
    /// <param name="ids">Room to look in; cleared first.</param>
    /// <exception cref="ArgumentException">It has.</exception>
    public static void ThrowIfRepeated(ShardAppend append, HashSet<MessageId> ids)
    {
        ArgumentNullException.ThrowIfNull(append);
        ArgumentNullException.ThrowIfNull(ids);
        ids.Clear();
        foreach (var entry in append.Entries)
        {
            if (!ids.Add(entry.Id))
            {
                throw new ArgumentException($"The batch has {entry.Id} twice.", nameof(append));
            }
        }
    }

    /// <summary>Writes the records of a batch that <see cref="Measure"/> has passed, back to back.</summary>
    public static void Write(Span<byte> destination, ShardAppend append, ShardId shard)
    {
        ArgumentNullException.ThrowIfNull(append);
        var message = 0;
        foreach (var run in append.Runs)
        {
            for (var envelopes = run.Span; envelopes.Length > 0; message++)
            {
                var entry = append.Entries[message];
                var written = LogRecord.Write(
                    destination, shard, append.FirstSequence + (ulong)message, append.TopicSequences[message], entry, envelopes[..entry.Length]);
                destination = destination[written..];
                envelopes = envelopes[entry.Length..];
            }
        }
    }

    /// <summary>Notes where each record of a batch stands.</summary>
    /// <param name="locations">As long as the batch.</param>
    /// <param name="append">The batch.</param>
    /// <param name="file">The number of the file that holds it.</param>
    /// <param name="offset">Where in the file the first record starts.</param>
    public static void Locate(Span<ulong> locations, ShardAppend append, uint file, long offset)
    {
        ArgumentNullException.ThrowIfNull(append);
        for (var i = 0; i < locations.Length; i++)
        {
            locations[i] = LogLocation.Of(file, offset);
            offset += LogRecord.HeaderLength + append.Entries[i].Length;
        }
    }

    // Checks that every run holds whole envelopes, and that the runs together hold every entry of the batch.
    private static bool AreWhole(ShardAppend append)
    {
        var message = 0;
        foreach (var run in append.Runs)
        {
            var left = run.Length;
            for (; left > 0 && message < append.Entries.Count; message++)
            {
                left -= append.Entries[message].Length;
            }

            if (left != 0)
            {
                return false;
            }
        }

        return message == append.Entries.Count;
    }
}
