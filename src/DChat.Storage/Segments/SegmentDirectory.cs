using DChat.Core;
using DChat.Core.Segments;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Storage.Files;

namespace DChat.Storage.Segments;

/// <summary>
/// The files of one shard's segments. A segment counts once its canonical file has its name: the side index gets its own before. What a
/// crash leaves of a sealing is deleted at the next opening.
/// </summary>
internal sealed class SegmentDirectory(IFileSystem fileSystem, OpenFiles files, string path, ShardId shard, SegmentOrigin origin)
{
    private const string DraftExtension = ".new";

    // What a message takes at most beside its envelope: a leaf and its hash, its rows and filter bits in the side index, a topic of its own.
    internal const int MaxBytesBeside = 256;

    /// <summary>The directory.</summary>
    public string Path => path;

    /// <summary>The shard.</summary>
    public ShardId Shard => shard;

    /// <summary>What a sealing leaves free on the disk for the log, in bytes.</summary>
    public long ReservedBytes { get; init; }

    /// <summary>Creates the directory unless it is there.</summary>
    public void Prepare() => fileSystem.CreateDirectory(path);

    /// <summary>Refuses a sealing that would take the room which the log needs to go on.</summary>
    /// <param name="listed">What is to be sealed.</param>
    /// <param name="heads">The heads of topics as they are.</param>
    /// <exception cref="IOException">There is not enough room.</exception>
    public void RequireRoom(IReadOnlyList<IndexedMessage> listed, TopicHeads heads)
    {
        var needed = heads.ByteLength + ReservedBytes;
        for (var i = 0; i < listed.Count; i++)
        {
            needed += MaxBytesBeside + listed[i].Entry.Length;
        }

        var free = fileSystem.AvailableBytes(path);
        if (free < needed)
        {
            throw new IOException($"{free} bytes are free, but {needed} are needed, {ReservedBytes} of them for the log.");
        }
    }

    /// <summary>Opens all segments and the heads of topics, and deletes what a crash has left.</summary>
    /// <exception cref="DChatException">One is damaged or cannot be read.</exception>
    public (List<SealedSegment> Segments, TopicHeads Heads) Open()
    {
        try
        {
            var found = fileSystem.List(path);
            var names = Names(found, SegmentName.SegmentExtension).ToHashSet();
            var heads = found.Where(TopicHeads.IsFileName).Max(StringComparer.Ordinal);
            if (heads is null && names.Count > 0)
            {
                // Topics would begin again, and duplicates would not be looked for.
                throw SegmentErrors.Corrupt(In("*" + TopicHeads.Extension), 0, "the heads of topics are missing");
            }

            if (found.Count > 0)
            {
                // A name may be seen and yet not be durable, when the process was killed before it was synced. The log is about to let
                // go of what is in that segment, and the heads before are about to be deleted.
                fileSystem.SyncDirectory(path);
            }

            foreach (var left in found.Where(file => IsLeft(file, names, heads)))
            {
                fileSystem.Delete(In(left));
            }

            return ([.. names.Select(Open)], heads is null ? TopicHeads.None : OpenHeads(heads));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SegmentErrors.Unreadable(path, 0, e);
        }
    }

    /// <summary>Writes a segment, durably, without its name.</summary>
    /// <returns>Null, and <paramref name="holes"/>, when messages cannot be read back.</returns>
    public async ValueTask<SegmentDraft?> DraftAsync(
        SegmentId id, IndexedMessage[] ordered, ReadEnvelopes read, List<ulong> holes, CancellationToken cancellationToken)
    {
        var (segmentPath, indexPath) = (DraftPath(id, SegmentName.SegmentExtension), DraftPath(id, SegmentName.IndexExtension));
        using var file = CreateAnew(segmentPath);
        using var indexFile = CreateAnew(indexPath);
        var written = await WrittenSegment.WriteAsync(origin, id, ordered, file, indexFile, read, holes, cancellationToken).ConfigureAwait(false);
        return written is null ? null : new SegmentDraft(written, segmentPath, indexPath);
    }

    /// <summary>Deletes what a sealing that failed has left, as far as that is possible.</summary>
    public void Discard()
    {
        try
        {
            foreach (var draft in fileSystem.List(path).Where(file => file.EndsWith(DraftExtension, StringComparison.Ordinal)))
            {
                fileSystem.Delete(In(draft));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next opening deletes them.
        }
    }

    /// <summary>Gives a draft its name: from then on the segment counts.</summary>
    public SealedSegment Commit(SegmentDraft draft)
    {
        fileSystem.Replace(draft.IndexPath, In(draft.Written.Name.IndexFile));
        fileSystem.SyncDirectory(path);
        fileSystem.Replace(draft.SegmentPath, In(draft.Written.Name.SegmentFile));
        fileSystem.SyncDirectory(path);
        return Open(draft.Written.Name);
    }

    /// <summary>Writes heads of topics anew, with newer ones.</summary>
    public TopicHeads WriteHeads(TopicHeads heads, IEnumerable<TopicRow> newer)
    {
        var number = heads.Number + 1;
        var draft = In(TopicHeads.FileName(number) + DraftExtension);
        using (var file = CreateAnew(draft))
        {
            heads.Write(newer, file);
        }

        var written = In(TopicHeads.FileName(number));

        // A sealing that failed may have left others under the name, and had them open.
        files.Close(written);
        fileSystem.Replace(draft, written);
        fileSystem.SyncDirectory(path);

        // Not the one before: a lookup may be at it.
        var old = In(TopicHeads.FileName(heads.Number - 1));
        if (heads.Number > 1)
        {
            files.Close(old);
            fileSystem.Delete(old);
        }

        return OpenHeads(TopicHeads.FileName(number));
    }

    private SealedSegment Open(SegmentName name)
    {
        var (segment, index) = (In(name.SegmentFile), In(name.IndexFile));
        return fileSystem.Exists(index)
            ? SealedSegment.Open(files.Open(segment), segment, files.Open(index), index, name, origin.Log)
            : throw SegmentErrors.Corrupt(index, 0, "the file is missing");
    }

    private TopicHeads OpenHeads(string file) =>
        TopicHeads.Open(ulong.Parse(file.AsSpan(0, file.Length - TopicHeads.Extension.Length), System.Globalization.CultureInfo.InvariantCulture), files.Open(In(file)), In(file));

    private IFile CreateAnew(string file)
    {
        fileSystem.Delete(file);
        return fileSystem.Create(file);
    }

    private string DraftPath(SegmentId id, string extension) => In($"{id.Epoch}-{(byte)id.Class}{extension}{DraftExtension}");

    private string In(string file) => System.IO.Path.Combine(path, file);

    private bool IsLeft(string file, HashSet<SegmentName> segments, string? heads) =>
        file.EndsWith(DraftExtension, StringComparison.Ordinal)
        || (TopicHeads.IsFileName(file) && file != heads)
        || (file.EndsWith(SegmentName.IndexExtension, StringComparison.Ordinal) && SegmentName.TryParse(file, shard, out var name) && !segments.Contains(name));

    private IEnumerable<SegmentName> Names(IReadOnlyList<string> found, string extension) =>
        found.Where(file => file.EndsWith(extension, StringComparison.Ordinal))
            .Select(file => SegmentName.TryParse(file, shard, out var name) ? name : throw SegmentErrors.Corrupt(In(file), 0, "its name is not that of a segment"));
}
