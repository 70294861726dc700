using System.Security.Cryptography;
using DChat.Core.Envelopes;
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

    public IReadOnlyList<SealedRoot> Segments =>
        [.. _sealed.Segments.Select(segment => segment.Told).OrderBy(told => told.Id.Epoch).ThenBy(told => told.Id.Class)];

    /// <summary>What is wrong in its files: a sentence each, with file and offset.</summary>
    public IReadOnlyList<string> Verify() => [.. _sealed.Segments.SelectMany(segment => segment.Verify())];

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

    public void Dispose() => _gate.Dispose();

    public async ValueTask<SealResult> SealAsync(
        EpochId epoch, IReadOnlyList<IndexedMessage> messages, IShardLogWriter writer, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await Task.Run(() => SealUnderGateAsync(epoch, messages, writer, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        catch (FencedException)
        {
            _directory.Discard();
            return new SealResult([], []);
        }
        catch (Exception e)
        {
            _directory.Discard();
            if (e is IOException)
            {
                throw SegmentErrors.Unwritable(_directory.Path, e);
            }

            throw;
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
        foreach (var (retention, ofClass) in ByClass(messages).Where(each => !sealedClasses.Contains(each.Key)))
        {
            var id = new SegmentId(epoch, _directory.Shard, retention);
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
        ValueTask<StoredEnvelopes> ReadUnlessFenced(ReadOnlyMemory<IndexedMessage> messages, CancellationToken cancellationToken) =>
            writer.IsFenced ? throw new FencedException() : writer.ReadAsync(messages, cancellationToken);

        while (ordered.Length > 0)
        {
            List<ulong> unreadable = [];
            var salt = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
            if (await _directory.DraftAsync(id, ordered, salt, ReadUnlessFenced, unreadable, cancellationToken).ConfigureAwait(false) is { } draft)
            {
                return draft;
            }

            holes.AddRange(unreadable);
            var without = unreadable.ToHashSet();
            ordered = [.. ordered.Where(message => !without.Contains(message.Sequence))];
        }

        return null;
    }

    /// <summary>Another has opened the shard, and waits until nothing is being sealed here.</summary>
    private sealed class FencedException : Exception;

    // By keys of eight bytes: sorting the messages themselves would move a hundred bytes at each step.
    private static IndexedMessage[] Ordered(List<IndexedMessage> messages)
    {
        var hlcs = new ulong[messages.Count];
        var order = new int[messages.Count];
        for (var i = 0; i < order.Length; i++)
        {
            (hlcs[i], order[i]) = (messages[i].Entry.Hlc.Value, i);
        }

        Array.Sort(hlcs, order);
        for (int start = 0, end = 1; end <= hlcs.Length; end++)
        {
            if (end == hlcs.Length || hlcs[end] != hlcs[start])
            {
                order.AsSpan(start, end - start).Sort((a, b) => messages[a].Entry.Id.CompareTo(messages[b].Entry.Id));
                start = end;
            }
        }

        return Array.ConvertAll(order.Length <= SegmentHeader.MaxCount ? order : order[..SegmentHeader.MaxCount], at => messages[at]);
    }

    private static Dictionary<RetentionClass, List<IndexedMessage>> ByClass(IReadOnlyList<IndexedMessage> messages)
    {
        var classes = new Dictionary<RetentionClass, List<IndexedMessage>>();
        foreach (var message in messages)
        {
            if (!classes.TryGetValue(message.Entry.Class, out var ofClass))
            {
                classes[message.Entry.Class] = ofClass = [];
            }

            ofClass.Add(message);
        }

        return classes;
    }
}
