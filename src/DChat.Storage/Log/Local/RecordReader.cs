using System.Buffers;
using System.Collections.Concurrent;
using DChat.Core;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Storage.Log.Local.Wal;
using Microsoft.Extensions.Logging;

namespace DChat.Storage.Log.Local;

/// <summary>Reads envelopes back from the WAL, neighbours with one read, and checks each.</summary>
internal sealed partial class RecordReader(WalFiles files, LocalShardLogInstruments instruments, ILogger logger)
{
    /// <summary>How many damaged records are remembered as told; beyond it they are told again at every read.</summary>
    public const int MaxTold = 65_536;

    /// <summary>The most envelope bytes one call returns: 16 MiB.</summary>
    public const int MaxBytes = 16 << 20;

    private const int MaxRunBytes = 1 << 20;

    // Two records this close are read in one call: reading the bytes between them costs less than a second call.
    private const int MaxGapBytes = 4096;

    private readonly ILogger _logger = logger;
    private readonly ConcurrentDictionary<ulong, byte> _told = new();

    /// <summary>Reads the envelopes of messages, back to back, without those whose records are damaged.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The envelopes exceed <see cref="MaxBytes"/>.</exception>
    /// <exception cref="DChatException">The disk fails (<c>log-unreadable</c>).</exception>
    public StoredEnvelopes Read(ShardId shard, ReadOnlySpan<IndexedMessage> messages, CancellationToken cancellationToken)
    {
        var total = 0L;
        foreach (var message in messages)
        {
            total += message.Entry.Length;
            ArgumentOutOfRangeException.ThrowIfGreaterThan(total, MaxBytes, nameof(messages));
        }

        var envelopes = new byte[total];
        var written = 0;
        List<ulong> holes = [];
        for (var i = 0; i < messages.Length;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var run = messages.Slice(i, RunLength(messages[i..]));
            written += ReadRun(shard, run, envelopes.AsSpan(written), holes);
            i += run.Length;
        }

        return new StoredEnvelopes(written == envelopes.Length ? envelopes : envelopes[..written], holes);
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

    private int ReadRun(ShardId shard, ReadOnlySpan<IndexedMessage> run, Span<byte> destination, List<ulong> holes)
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
                if (Fault(shard, message, record) is { } fault)
                {
                    holes.Add(message.Sequence);
                    Tell(message, fault);
                    continue;
                }

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

    private static string? Fault(ShardId shard, in IndexedMessage message, ReadOnlySpan<byte> record) =>
        !WalRecord.IsValid(record) ? "does not match its checksum"
        : WalRecord.Shard(record) != shard || WalRecord.Sequence(record) != message.Sequence || WalRecord.Entry(record) != message.Entry
            ? "is of another message"
        : null;

    private void Tell(in IndexedMessage message, string fault)
    {
        if (_told.ContainsKey(message.Location) || (_told.Count < MaxTold && !_told.TryAdd(message.Location, 0)))
        {
            return;
        }

        var position = WalPosition.FromLocation(message.Location);
        LogDamaged(files.PathOf(position.File), position.Offset, message.Entry.Id, fault);
        instruments.Damaged();
    }

    [LoggerMessage(
        EventId = 1030, Level = LogLevel.Error,
        Message = "{Path} is damaged at offset {Offset}: the record of {Message} {Fault}; readers are told of a hole")]
    private partial void LogDamaged(string path, long offset, MessageId message, string fault);

    private static long End(in IndexedMessage message) =>
        WalPosition.FromLocation(message.Location).Offset + WalRecord.HeaderLength + message.Entry.Length;
}
