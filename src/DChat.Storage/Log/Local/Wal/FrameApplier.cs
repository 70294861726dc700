using DChat.Core;
using DChat.Core.Shards;

namespace DChat.Storage.Log.Local.Wal;

/// <summary>Adds the records of recovered frames to the shards, each processor taking its share of the shards.</summary>
internal sealed class FrameApplier(WalFiles files, ShardState[] shards)
{
    /// <summary>Adds all records of frames.</summary>
    /// <param name="start">Where the window starts in the WAL.</param>
    /// <param name="window">Bytes of the WAL.</param>
    /// <param name="frames">Whole, checked frames in the window, in order.</param>
    /// <exception cref="DChatException">The records contradict each other or what came before (<c>log-corrupt</c>).</exception>
    public void Apply(WalPosition start, ReadOnlyMemory<byte> window, IReadOnlyList<(int Start, FrameHeader Header)> frames)
    {
        var workers = Math.Min(Environment.ProcessorCount, shards.Length);
        var errors = new DChatException?[workers];
        Parallel.For(0, workers, worker =>
        {
            try
            {
                foreach (var (at, header) in frames)
                {
                    var position = start with { Offset = start.Offset + at };
                    ApplyFrame(position, window.Span.Slice(at, header.Length), header.Records, worker, workers);
                }
            }
            catch (DChatException e)
            {
                errors[worker] = e;
            }
        });
        if (Array.Find(errors, error => error is not null) is { } first)
        {
            throw first;
        }
    }

    private void ApplyFrame(WalPosition position, ReadOnlySpan<byte> frame, int records, int worker, int workers)
    {
        var at = HeaderBlock.Length;
        for (var i = 0; i < records; i++)
        {
            at += ApplyRecord(position with { Offset = position.Offset + at }, frame[at..], worker, workers);
        }
    }

    private int ApplyRecord(WalPosition position, ReadOnlySpan<byte> record, int worker, int workers)
    {
        var length = record.Length < LogRecord.HeaderLength ? int.MaxValue : LogRecord.HeaderLength + LogRecord.EnvelopeLength(record);
        if (length > record.Length)
        {
            throw Corrupt(position, "a record reaches beyond its frame");
        }

        var number = LogRecord.Shard(record).Value;
        if (number % workers != worker)
        {
            return length;
        }

        if (number >= shards.Length)
        {
            throw Corrupt(position, $"a record of shard {number}, but there are {shards.Length} shards");
        }

        var shard = shards[number];
        if (LogRecord.Sequence(record) != shard.Head + 1)
        {
            throw Corrupt(position, $"sequence {LogRecord.Sequence(record)} of shard {number} follows {shard.Head}");
        }

        var entry = LogRecord.Entry(record);
        if (entry.Length == 0 || !Enum.IsDefined(entry.Class) || !Enum.IsDefined(entry.Door))
        {
            throw Corrupt(position, $"a record of length {entry.Length}, class {entry.Class} and door {entry.Door}");
        }

        shard.Add(new LoggedMessage(entry, LogRecord.TopicSequence(record), position.ToLocation()));
        return length;
    }

    private DChatException Corrupt(WalPosition position, string what) =>
        LogErrors.Corrupt(files.PathOf(position.File), position.Offset, what);
}
