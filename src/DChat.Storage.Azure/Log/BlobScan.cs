using DChat.Core;
using DChat.Core.Shards;

namespace DChat.Storage.Azure.Log;

/// <summary>
/// Reads one blob from its beginning, piece by piece, and checks it: its mark, every checksum, and that its sequences are dense. What is
/// appended later is read by going on.
/// </summary>
internal sealed class BlobScan(LogBlobs blobs, LogId log, BlobName name)
{
    private const int PieceBytes = 4 << 20;

    /// <summary>The blob.</summary>
    public BlobName Name => name;

    /// <summary>How far it has been read and found whole.</summary>
    public long Position { get; private set; }

    /// <summary>The sequence of its first message, if it has any; null when the blob has no beginning, and so no messages.</summary>
    public ulong? First { get; private set; }

    /// <summary>The sequence of the next message after those that were read; 0 when the blob does not say.</summary>
    public ulong Next { get; private set; }

    /// <summary>What ends it; null while it may grow.</summary>
    public BlobMark? End { get; private set; }

    /// <summary>Whether a message was read.</summary>
    public bool HasMessages => First is { } first && Next > first;

    /// <summary>Reads on to where the blob ends now.</summary>
    /// <param name="take">Takes each message, and where in the blob it stands.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>False when the blob is gone.</returns>
    /// <exception cref="DChatException">It is damaged (<c>log-corrupt</c>), or cannot be read (<c>log-unreadable</c>, transient).</exception>
    public async Task<bool> ReadOnAsync(TakeRecord take, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await ReadAsync(cancellationToken).ConfigureAwait(false) is not { } piece)
            {
                return false;
            }

            var isAtEnd = piece.Length < PieceBytes;
            Position += Take(piece.Span, isAtEnd, take);
            if (isAtEnd)
            {
                return true;
            }
        }
    }

    private async Task<ReadOnlyMemory<byte>?> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await blobs.ReadAsync(name, Position, PieceBytes, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            throw AzureLogErrors.Unreadable(blobs.PathOf(name), Position, e);
        }
    }

    // A block is there whole or not at all, so what ends within a record at the end of the blob is damage as well.
    private int Take(ReadOnlySpan<byte> piece, bool isAtEnd, TakeRecord take)
    {
        var at = 0;
        while (at < piece.Length)
        {
            var rest = piece[at..];
            if (End is not null)
            {
                throw Corrupt(at, "more follows the end");
            }

            if (Position + at == 0)
            {
                at += TakeFirst(rest);
                continue;
            }

            if (isAtEnd && rest.Length == BlobMark.Length && BlobMark.Read(rest) is { } end)
            {
                TakeEnd(end, at);
                return piece.Length;
            }

            var length = rest.Length < LogRecord.HeaderLength ? int.MaxValue : LogRecord.HeaderLength + LogRecord.EnvelopeLength(rest);
            if (length > rest.Length)
            {
                return isAtEnd ? throw Corrupt(at, "a record reaches beyond the end of the blob, or its end is damaged") : at;
            }

            TakeRecord(rest[..length], at, take);
            at += length;
        }

        return at;
    }

    // Of a writer that was fenced before it had written a thing, the blob may begin with its end.
    private int TakeFirst(ReadOnlySpan<byte> bytes)
    {
        if (BlobMark.Read(bytes) is not { } mark)
        {
            throw Corrupt(0, "it does not begin with what names it");
        }

        if (mark.Next is null)
        {
            Require(mark, 0);
            First = Next = mark.Sequence;
        }
        else
        {
            TakeEnd(mark, 0);
        }

        return BlobMark.Length;
    }

    private void TakeEnd(BlobMark mark, int at)
    {
        Require(mark, at);
        if (mark.Next is not { } next || next.CompareTo(name) <= 0 || (First is not null && mark.Sequence != Next))
        {
            throw Corrupt(at, $"its end names {mark.Next} and sequence {mark.Sequence}, after sequence {Next - 1}");
        }

        (End, Next) = (mark, mark.Sequence);
    }

    private void Require(BlobMark mark, int at)
    {
        if (mark.Log != log || mark.Blob != name)
        {
            throw Corrupt(at, $"it was written for {mark.Blob} of log {mark.Log}");
        }
    }

    private void TakeRecord(ReadOnlySpan<byte> record, int at, TakeRecord take)
    {
        if (!LogRecord.IsValid(record))
        {
            throw Corrupt(at, "the checksum of a record does not match");
        }

        if (LogRecord.Shard(record) != name.Shard || LogRecord.Sequence(record) != Next)
        {
            throw Corrupt(at, $"sequence {LogRecord.Sequence(record)} of shard {LogRecord.Shard(record)} stands where {Next} of {name.Shard} belongs");
        }

        var entry = LogRecord.Entry(record);
        if (!Enum.IsDefined(entry.Class) || !Enum.IsDefined(entry.Door))
        {
            throw Corrupt(at, $"a record of class {entry.Class} and door {entry.Door}");
        }

        take(entry, Next++, LogRecord.TopicSequence(record), Position + at);
    }

    private DChatException Corrupt(int at, string what) => AzureLogErrors.Corrupt(blobs.PathOf(name), Position + at, what);
}

/// <summary>Takes one message of a blob.</summary>
internal delegate void TakeRecord(in IndexEntry entry, ulong sequence, uint topicSequence, long offset);
