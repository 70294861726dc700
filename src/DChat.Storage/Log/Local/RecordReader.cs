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

    private readonly ILogger _logger = logger;
    private readonly ConcurrentDictionary<ulong, byte> _told = new();

    /// <summary>Reads the envelopes of messages, back to back, without those whose records are damaged.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The envelopes exceed <see cref="RecordRun.MaxEnvelopeBytes"/>.</exception>
    /// <exception cref="DChatException">The disk fails (<c>log-unreadable</c>).</exception>
    public StoredEnvelopes Read(ShardId shard, ReadOnlySpan<IndexedMessage> messages, CancellationToken cancellationToken)
    {
        var envelopes = GC.AllocateUninitializedArray<byte>(RecordRun.EnvelopeBytesOf(messages));
        var holes = Read(shard, messages, envelopes, out var written, cancellationToken);
        return new StoredEnvelopes(written == envelopes.Length ? envelopes : envelopes[..written], holes);
    }

    /// <summary>Reads as the other does, into a buffer.</summary>
    /// <param name="shard">The shard.</param>
    /// <param name="messages">The messages.</param>
    /// <param name="destination">As long as all envelopes at least.</param>
    /// <param name="written">How many bytes of it have been filled.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The sequences of messages that are damaged.</returns>
    public IReadOnlyList<ulong> Read(
        ShardId shard, ReadOnlySpan<IndexedMessage> messages, Span<byte> destination, out int written, CancellationToken cancellationToken)
    {
        written = 0;
        List<ulong> holes = [];
        for (var i = 0; i < messages.Length;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var run = messages.Slice(i, RecordRun.CountOf(messages[i..]));
            written += ReadRun(shard, run, destination[written..], holes);
            i += run.Length;
        }

        return holes;
    }

    private int ReadRun(ShardId shard, ReadOnlySpan<IndexedMessage> run, Span<byte> destination, List<ulong> holes)
    {
        var start = WalPosition.FromLocation(run[0].Location);
        var length = RecordRun.LengthOf(run);
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            var bytes = buffer.AsSpan(0, length);
            if (Read(start, bytes) is not { } read)
            {
                // Released and gone: whoever asks has looked before it was.
                holes.AddRange(run.ToArray().Select(message => message.Sequence));
                return 0;
            }

            return RecordRun.Take(shard, run, bytes[..read], destination, (message, fault) =>
            {
                holes.Add(message.Sequence);
                Tell(message, fault);
            });
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private int? Read(WalPosition position, Span<byte> destination)
    {
        try
        {
            return files.Get(position.File).Read(destination, position.Offset);
        }
        catch (ObjectDisposedException) when (files.IsDeleted(position.File))
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw LogErrors.Unreadable(files.PathOf(position.File), position.Offset, e);
        }
    }

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
}
