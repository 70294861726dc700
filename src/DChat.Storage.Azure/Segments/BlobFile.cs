using DChat.Core;
using DChat.Storage.Files;
using DChat.Storage.Segments;

namespace DChat.Storage.Azure.Segments;

/// <summary>
/// A blob that is never written again, read as a file. Short reads go through the cache in pieces of <see cref="PieceBytes"/>; long ones are
/// one request each. A read holds its thread until it is answered.
/// </summary>
internal sealed class BlobFile : IReadFile
{
    /// <summary>The length of a piece: 128 KiB, some twenty blocks of rows, for the price of one.</summary>
    public const int PieceBytes = 128 << 10;

    private readonly SegmentBlobs _blobs;
    private readonly string _name;

    private BlobFile(SegmentBlobs blobs, string name, long length) => (_blobs, _name, Length) = (blobs, name, length);

    /// <inheritdoc/>
    public long Length { get; }

    /// <summary>The full name of the blob, for people.</summary>
    public string Path => _blobs.PathOf(_name);

    /// <summary>Opens a blob, and has its ends read already: that is where what is kept of it in memory begins.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="DChatException">It is missing (<c>segment-corrupt</c>).</exception>
    public static async Task<BlobFile> OpenAsync(SegmentBlobs blobs, string name, CancellationToken cancellationToken)
    {
        var first = await blobs.ReadAsync(name, 0, PieceBytes, cancellationToken).ConfigureAwait(false) ?? throw Missing(blobs, name);
        var file = new BlobFile(blobs, name, first.BlobLength);
        blobs.Cache.Keep(file, 0, first.Bytes);
        if (file.Length > PieceBytes)
        {
            await file.PieceAsync((file.Length - 1) / PieceBytes * PieceBytes, cancellationToken).ConfigureAwait(false);
        }

        return file;
    }

    /// <inheritdoc/>
    /// <exception cref="DChatException">It is missing (<c>segment-corrupt</c>).</exception>
    public int Read(Span<byte> destination, long offset)
    {
        if (destination.Length > PieceBytes)
        {
            var bytes = WaitFor(ReadAsync(offset, destination.Length, CancellationToken.None));
            bytes.Span.CopyTo(destination);
            return bytes.Length;
        }

        var total = 0;
        while (total < destination.Length && offset + total < Length)
        {
            var at = (offset + total) / PieceBytes * PieceBytes;
            var piece = _blobs.Cache.Find(this, at) ?? WaitFor(PieceAsync(at, CancellationToken.None));
            var skipped = (int)(offset + total - at);
            if (skipped >= piece.Length)
            {
                break;
            }

            var taken = Math.Min(piece.Length - skipped, destination.Length - total);
            piece.Span.Slice(skipped, taken).CopyTo(destination[total..]);
            total += taken;
        }

        return total;
    }

    private static DChatException Missing(SegmentBlobs blobs, string name) => SegmentErrors.Corrupt(blobs.PathOf(name), 0, "the blob is missing");

    // Heads of topics are written anew by each sealing, and those before are deleted.
    private Exception Gone() => _name.EndsWith(TopicHeads.Extension, StringComparison.Ordinal) ? new IOException("It was replaced.") : Missing(_blobs, _name);

    // Whoever reads sealed messages is on a thread of the pool, and not many are at once.
    private static ReadOnlyMemory<byte> WaitFor(Task<ReadOnlyMemory<byte>> reading) => reading.ConfigureAwait(false).GetAwaiter().GetResult();

    private async Task<ReadOnlyMemory<byte>> PieceAsync(long at, CancellationToken cancellationToken)
    {
        var piece = await ReadAsync(at, PieceBytes, cancellationToken).ConfigureAwait(false);
        _blobs.Cache.Keep(this, at, piece);
        return piece;
    }

    private async Task<ReadOnlyMemory<byte>> ReadAsync(long offset, int length, CancellationToken cancellationToken) =>
        (await _blobs.ReadAsync(_name, offset, length, cancellationToken).ConfigureAwait(false) ?? throw Gone()).Bytes;
}
