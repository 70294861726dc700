using System.Security.Cryptography;
using DChat.Core.Segments;
using DChat.Core.Shards;
using DChat.Storage.Files;

namespace DChat.Storage.Segments;

/// <summary>A segment whose two files are written.</summary>
/// <param name="Name">The name of the segment.</param>
/// <param name="Told">What is told of it.</param>
/// <param name="TopicHeads">The newest message of each of its topics.</param>
internal sealed record WrittenSegment(SegmentName Name, SealedRoot Told, IReadOnlyList<TopicRow> TopicHeads)
{
    /// <summary>Writes a segment to two empty files; they are durable when this returns.</summary>
    /// <param name="origin">The log.</param>
    /// <param name="id">What the segment is of.</param>
    /// <param name="ordered">Its messages, in the order of the segment.</param>
    /// <param name="file">Takes the canonical file.</param>
    /// <param name="indexFile">Takes the side index.</param>
    /// <param name="read">Reads the messages back.</param>
    /// <param name="holes">Hears of messages that cannot be read back.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null, and <paramref name="holes"/>, when messages cannot be read back.</returns>
    public static async ValueTask<WrittenSegment?> WriteAsync(
        SegmentOrigin origin,
        SegmentId id,
        IndexedMessage[] ordered,
        IFile file,
        IFile indexFile,
        ReadEnvelopes read,
        List<ulong> holes,
        CancellationToken cancellationToken)
    {
        var header = new SegmentHeader(id, origin.Network, origin.ShardBits, ordered.Length, ordered.Sum(message => (long)message.Entry.Length));
        var segment = new SegmentWriter(file, header, ordered);
        if (await segment.WriteAsync(read, holes, cancellationToken).ConfigureAwait(false) is not { } root)
        {
            return null;
        }

        var salt = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
        var index = new SideIndexWriter(ordered, segment.EnvelopeChecksums, header.EnvelopesAt);
        index.Write(indexFile, origin.Log, root, salt, segment.LeafChecksums);
        return new WrittenSegment(new SegmentName(id, root), new SealedRoot(id, root, header.Count, header.EnvelopeBytes), index.TopicHeads);
    }
}
