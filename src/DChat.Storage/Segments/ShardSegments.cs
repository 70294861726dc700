using System.Security.Cryptography;
using DChat.Core.Segments;
using DChat.Core.Shards;

namespace DChat.Storage.Segments;

/// <summary>The segments of one shard in a directory of their own. One sealing at a time.</summary>
internal sealed class ShardSegments : IShardSegments, IDisposable
{
    private readonly SegmentDirectory _directory;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private volatile SegmentSet _sealed;

    private ShardSegments(SegmentDirectory directory, SegmentSet found) => (_directory, _sealed) = (directory, found);

    public ISealedMessages Sealed => _sealed;

    /// <summary>Opens what is in a directory.</summary>
    public static ShardSegments Open(SegmentDirectory directory)
    {
        var (segments, heads) = directory.Open();
        return new ShardSegments(directory, new SegmentSet(1, [.. segments.OrderBy(segment => segment.FirstSequence)], heads));
    }

    /// <summary>Completes when what is in flight has ended.</summary>
    public async ValueTask DrainAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        _gate.Release();
    }

    /// <summary>Closes all files.</summary>
    public void Dispose()
    {
        foreach (var segment in _sealed.Segments)
        {
            segment.Dispose();
        }

        _sealed.Topics.Dispose();
        _gate.Dispose();
    }

    public async ValueTask<SealResult> SealAsync(
        EpochId epoch, IReadOnlyList<IndexedMessage> messages, IShardLogWriter writer, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await Task.Run(() => SealUnderGateAsync(epoch, messages, writer, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            _directory.Discard();
            throw SegmentErrors.Unwritable(_directory.Path, e);
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<SealResult> SealUnderGateAsync(
        EpochId epoch, IReadOnlyList<IndexedMessage> messages, IShardLogWriter writer, CancellationToken cancellationToken)
    {
        var sealedClasses = _sealed.Segments.Where(segment => segment.Header.Id.Epoch == epoch).Select(segment => segment.Header.Id.Class).ToHashSet();
        List<ulong> holes = [];
        List<SegmentDraft> drafts = [];
        _directory.Prepare();
        foreach (var ofClass in messages.Where(message => !sealedClasses.Contains(message.Entry.Class)).GroupBy(message => message.Entry.Class))
        {
            var id = new SegmentId(epoch, _directory.Shard, ofClass.Key);
            if (await DraftAsync(id, Ordered(ofClass), writer, holes, cancellationToken).ConfigureAwait(false) is { } draft)
            {
                drafts.Add(draft);
            }
        }

        if (drafts.Count == 0 || writer.IsFenced)
        {
            _directory.Discard();
            return new SealResult([], holes);
        }

        // Before the segments: of a message that is still open its topic's head is right as well.
        var heads = _directory.WriteHeads(_sealed.Topics, drafts.SelectMany(draft => draft.TopicHeads).GroupBy(row => row.Topic, row => row.Number)
            .Select(group => new TopicRow(group.Key, group.Max())).OrderBy(row => row.Topic));
        _sealed = _sealed.With([], heads);
        foreach (var draft in drafts)
        {
            _sealed = _sealed.With([_directory.Commit(draft)], heads);
        }

        return new SealResult([.. drafts.Select(draft => draft.Told)], holes);
    }

    private async Task<SegmentDraft?> DraftAsync(
        SegmentId id, IndexedMessage[] ordered, IShardLogWriter writer, List<ulong> holes, CancellationToken cancellationToken)
    {
        while (ordered.Length > 0)
        {
            List<ulong> unreadable = [];
            var salt = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
            if (await _directory.DraftAsync(id, ordered, salt, writer.ReadAsync, unreadable, cancellationToken).ConfigureAwait(false) is { } draft)
            {
                return draft;
            }

            holes.AddRange(unreadable);
            var without = unreadable.ToHashSet();
            ordered = [.. ordered.Where(message => !without.Contains(message.Sequence))];
        }

        return null;
    }

    private static IndexedMessage[] Ordered(IEnumerable<IndexedMessage> messages)
    {
        var ordered = messages.ToArray();
        Array.Sort(ordered, (a, b) => SegmentLeaf.Compare(a.Entry.Hlc, a.Entry.Id, b.Entry.Hlc, b.Entry.Id));
        return ordered.Length <= SegmentHeader.MaxCount ? ordered : ordered[..SegmentHeader.MaxCount];
    }
}
