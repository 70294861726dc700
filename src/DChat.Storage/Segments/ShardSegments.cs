using DChat.Core.Segments;
using DChat.Core.Shards;

namespace DChat.Storage.Segments;

/// <summary>The segments of one shard in a directory of their own. One sealing at a time.</summary>
internal sealed class ShardSegments : IShardSegments, IDisposable
{
    private readonly SegmentDirectory _directory;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly CancellationTokenSource _closing = new();
    private volatile SegmentSet _sealed;

    // A segment may have got its name though that failed: then the directory has to be looked at again.
    private bool _isUncertain;

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
        return new ShardSegments(directory, SegmentSet.Of(segments, heads));
    }

    /// <summary>Completes when what is in flight has ended, and <see cref="Sealed"/> tells what is in the directory.</summary>
    /// <exception cref="Core.DChatException">A sealing has failed, and the directory is damaged or cannot be read.</exception>
    public async ValueTask DrainAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await Task.Run(MakeCertain, CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Gives up a sealing that is under way, and returns when it has ended: another process may open the directory then.</summary>
    public void Dispose()
    {
        _closing.Cancel();
        _gate.Wait();
        _gate.Release();
    }

    public async ValueTask<SealResult> SealAsync(
        EpochId epoch, IReadOnlyList<IndexedMessage> messages, IShardLogWriter writer, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_closing.IsCancellationRequested, typeof(LocalSegmentStore));
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
            return await Task.Run(() => SealUnderGateAsync(epoch, messages, writer, either.Token), either.Token).ConfigureAwait(false);
        }
        catch (FencedException)
        {
            _directory.Discard();
            return new SealResult([], []);
        }
        catch (Exception e)
        {
            _directory.Discard();
            if (e is IOException or UnauthorizedAccessException)
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
        MakeCertain();
        _directory.Prepare();
        _directory.RequireRoom(messages, _sealed.Topics);
        var sealing = new Sealing<SegmentDraft>(_directory.Shard, _sealed, writer, _directory.DraftAsync);
        var drafts = await sealing.DraftAsync(epoch, messages, cancellationToken).ConfigureAwait(false);
        if ((drafts.Count == 0 && sealing.Lost.Count == 0) || writer.IsFenced)
        {
            _directory.Discard();
            return sealing.Result([]);
        }

        // Before the segments: of a message that is still open its topic's head is right as well.
        var heads = _directory.WriteHeads(_sealed.Topics, TopicRow.Newest(drafts.SelectMany(draft => draft.Written.TopicHeads).Concat(sealing.Lost)));
        _sealed = _sealed.With([], heads);
        _isUncertain = true;
        foreach (var draft in drafts)
        {
            _sealed = _sealed.With([_directory.Commit(draft)], heads);
        }

        _isUncertain = false;
        return sealing.Result([.. drafts.Select(draft => draft.Written.Told)]);
    }

    private void MakeCertain()
    {
        if (_isUncertain)
        {
            var (segments, heads) = _directory.Open();
            _sealed = SegmentSet.Of(segments, heads);
            _isUncertain = false;
        }
    }
}
