using System.Buffers;
using DChat.Core;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Storage.Log.Local.Wal;

namespace DChat.Storage.Log.Local;

/// <summary>Reads envelopes back from the WAL, neighbours with one read, and checks each.</summary>
internal sealed class RecordReader(WalFiles files)
{
    /// <summary>The most envelope bytes one call returns: 16 MiB.</summary>
    public const int MaxBytes = 16 << 20;

    private const int MaxRunBytes = 1 << 20;

    // Reading a page too much costs less than another call.
    private const int MaxGapBytes = 4096;

    /// <summary>Reads the envelopes of messages, back to back.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A sequence is not in the snapshot, or the envelopes exceed <see cref="MaxBytes"/>.</exception>
    /// <exception cref="DChatException">A record is damaged (<c>log-corrupt</c>) or the disk fails (<c>log-unreadable</c>).</exception>
    public byte[] Read(ShardId shard, ShardSnapshot snapshot, ReadOnlySpan<ulong> sequences, CancellationToken cancellationToken)
    {
        var messages = new IndexedMessage[sequences.Length];
        var total = 0L;
        for (var i = 0; i < messages.Length; i++)
        {
            messages[i] = snapshot[sequences[i]];
            total += messages[i].Entry.Length;
            ArgumentOutOfRangeException.ThrowIfGreaterThan(total, MaxBytes, nameof(sequences));
        }

        var envelopes = new byte[total];
        var destination = envelopes.AsSpan();
        for (var i = 0; i < messages.Length;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var run = messages.AsSpan(i, RunLength(messages.AsSpan(i)));
            destination = destination[ReadRun(shard, run, destination)..];
            i += run.Length;
        }

        return envelopes;
    }

    private static int RunLength(ReadOnlySpan<IndexedMessage> messages)
    {
        var first = WalPosition.FromLocation(messages[0].Location);
        var end = End(messages[0]);
        var count = 1;
        for (; count < messages.Length; count++)
        {
            var next = WalPosition.FromLocation(messages[count].Location);
            var gap = next.Offset - end;
            if (next.File != first.File || gap is < 0 or > MaxGapBytes || End(messages[count]) - first.Offset > MaxRunBytes)
            {
                break;
            }

            end = End(messages[count]);
        }

        return count;
    }

    private int ReadRun(ShardId shard, ReadOnlySpan<IndexedMessage> run, Span<byte> destination)
    {
        var start = WalPosition.FromLocation(run[0].Location);
        var length = (int)(End(run[^1]) - start.Offset);
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            var bytes = buffer.AsSpan(0, length);
            bytes = bytes[..Read(start, bytes)];
            var written = 0;
            foreach (var message in run)
            {
                var offset = WalPosition.FromLocation(message.Location).Offset;
                var record = bytes[(int)Math.Min(offset - start.Offset, bytes.Length)..(int)Math.Min(End(message) - start.Offset, bytes.Length)];
                Check(shard, message, record, start.File, offset);
                record[WalRecord.HeaderLength..].CopyTo(destination[written..]);
                written += message.Entry.Length;
            }

            return written;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private int Read(WalPosition position, Span<byte> destination)
    {
        try
        {
            return files.Get(position.File).Read(destination, position.Offset);
        }
        catch (IOException e)
        {
            throw LogErrors.Unreadable(files.PathOf(position.File), position.Offset, e);
        }
    }

    private void Check(ShardId shard, in IndexedMessage message, ReadOnlySpan<byte> record, uint file, long offset)
    {
        if (!WalRecord.IsValid(record))
        {
            throw LogErrors.Corrupt(files.PathOf(file), offset, $"the record of {message.Entry.Id} does not match its checksum");
        }

        if (WalRecord.Shard(record) != shard || WalRecord.Sequence(record) != message.Sequence || WalRecord.Entry(record) != message.Entry)
        {
            throw LogErrors.Corrupt(files.PathOf(file), offset, $"the record is not that of {message.Entry.Id}");
        }
    }

    private static long End(in IndexedMessage message) =>
        WalPosition.FromLocation(message.Location).Offset + WalRecord.HeaderLength + message.Entry.Length;
}
