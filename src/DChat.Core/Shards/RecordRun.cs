using DChat.Core.Topics;

namespace DChat.Core.Shards;

/// <summary>Records that stand close together in one file of a log, so that they are read in one go.</summary>
public static class RecordRun
{
    /// <summary>The most envelope bytes one call reads: 16 MiB.</summary>
    public const int MaxEnvelopeBytes = 16 << 20;

    /// <summary>The longest run: 1 MiB.</summary>
    public const int MaxBytes = 1 << 20;

    /// <summary>Two records this close are read in one go: reading the bytes between them costs less than reading twice.</summary>
    public const int MaxGapBytes = 4096;

    /// <summary>How many envelope bytes messages have together.</summary>
    /// <exception cref="ArgumentOutOfRangeException">More than <see cref="MaxEnvelopeBytes"/>.</exception>
    public static int EnvelopeBytesOf(ReadOnlySpan<IndexedMessage> messages)
    {
        var total = 0L;
        foreach (var message in messages)
        {
            total += message.Entry.Length;
            ArgumentOutOfRangeException.ThrowIfGreaterThan(total, MaxEnvelopeBytes, nameof(messages));
        }

        return (int)total;
    }

    /// <summary>How many of the messages make up the first run; at least one.</summary>
    public static int CountOf(ReadOnlySpan<IndexedMessage> messages)
    {
        var first = messages[0].Location;
        var end = EndOf(messages[0]);
        var count = 1;
        for (; count < messages.Length; count++)
        {
            var next = messages[count].Location;
            var gap = LogLocation.OffsetOf(next) - end;
            if (LogLocation.FileOf(next) != LogLocation.FileOf(first)
                || gap is < 0 or > MaxGapBytes
                || EndOf(messages[count]) - LogLocation.OffsetOf(first) > MaxBytes)
            {
                break;
            }

            end = EndOf(messages[count]);
        }

        return count;
    }

    /// <summary>The bytes from the first record of a run to the end of its last.</summary>
    public static int LengthOf(ReadOnlySpan<IndexedMessage> run) => (int)(EndOf(run[^1]) - LogLocation.OffsetOf(run[0].Location));

    /// <summary>Takes the envelopes out of a run that was read, back to back, without those whose records are damaged.</summary>
    /// <param name="shard">The shard of the messages.</param>
    /// <param name="run">The messages.</param>
    /// <param name="bytes">What was read from the first record on; shorter than the run where the file ends early.</param>
    /// <param name="destination">Takes the envelopes.</param>
    /// <param name="damaged">Hears of each damaged record, and what is wrong with it.</param>
    /// <returns>How many bytes of envelopes were taken.</returns>
    public static int Take(
        ShardId shard, ReadOnlySpan<IndexedMessage> run, ReadOnlySpan<byte> bytes, Span<byte> destination, Action<IndexedMessage, string> damaged)
    {
        ArgumentNullException.ThrowIfNull(damaged);
        var start = LogLocation.OffsetOf(run[0].Location);
        var written = 0;
        foreach (var message in run)
        {
            var offset = LogLocation.OffsetOf(message.Location);
            var record = bytes[(int)Math.Min(offset - start, bytes.Length)..(int)Math.Min(EndOf(message) - start, bytes.Length)];
            if (FaultOf(shard, message, record) is { } fault)
            {
                damaged(message, fault);
                continue;
            }

            record[LogRecord.HeaderLength..].CopyTo(destination[written..]);
            written += message.Entry.Length;
        }

        return written;
    }

    private static string? FaultOf(ShardId shard, in IndexedMessage message, ReadOnlySpan<byte> record) =>
        !LogRecord.IsValid(record) ? "does not match its checksum"
        : LogRecord.Shard(record) != shard || LogRecord.Sequence(record) != message.Sequence || LogRecord.Entry(record) != message.Entry
            ? "is of another message"
        : null;

    private static long EndOf(in IndexedMessage message) =>
        LogLocation.OffsetOf(message.Location) + LogRecord.HeaderLength + message.Entry.Length;
}
