using Microsoft.Extensions.Logging;

namespace DChat.Storage.Azure.Log;

/// <summary>
/// The blobs of a shard as one writer knows them. A location names one by its place in this list, so the list only grows. Those whose
/// messages are all released are deleted in the background, the oldest first and the newest never.
/// </summary>
internal sealed partial class ShardBlobs
{
    private readonly Lock _gate = new();
    private readonly AzureLogParts _log;
    private readonly ILogger _logger;
    private readonly List<BlobName> _names;
    private readonly List<ulong?> _last;
    private Task _trimming = Task.CompletedTask;
    private ulong _released;
    private int _deleted;

    /// <summary>Begins with the blobs of a shard that was opened; where the older ones end is not known yet.</summary>
    public ShardBlobs(AzureLogParts log, OpenedShard opened)
    {
        (_log, _logger) = (log, log.Logger);
        _names = [.. opened.Older, opened.Current.Name];
        _last = [.. _names.Select(_ => (ulong?)null)];
    }

    /// <summary>The number of the blob that is appended to.</summary>
    public uint Newest { get { lock (_gate) { return (uint)_names.Count - 1; } } }

    /// <summary>The newest message that is released; 0 when none is.</summary>
    public ulong Released { get { lock (_gate) { return _released; } } }

    /// <summary>The name of a blob.</summary>
    public BlobName this[uint number] { get { lock (_gate) { return _names[(int)number]; } } }

    /// <summary>Goes on in another blob.</summary>
    /// <param name="name">The blob.</param>
    /// <param name="last">The newest message in those before.</param>
    public void Add(BlobName name, ulong last)
    {
        lock (_gate)
        {
            _last[^1] = last;
            _names.Add(name);
            _last.Add(null);
        }
    }

    /// <summary>Notes the newest message in a blob and those before.</summary>
    public void Ends(uint number, ulong last)
    {
        lock (_gate)
        {
            _last[(int)number] = last;
        }
    }

    /// <summary>The messages up to a sequence need not be kept.</summary>
    /// <param name="through">The sequence.</param>
    /// <param name="isFenced">Whether another has the shard, who then sees to it.</param>
    public void Release(ulong through, Func<bool> isFenced)
    {
        lock (_gate)
        {
            _released = Math.Max(_released, through);
            if (_trimming.IsCompleted && !_log.Stop.IsCancellationRequested && Due() is not null)
            {
                _trimming = Task.Run(() => TrimAsync(isFenced));
            }
        }
    }

    /// <summary>What goes on in the background; never fails.</summary>
    public Task Trimming { get { lock (_gate) { return _trimming; } } }

    private BlobName? Due() => _deleted < _names.Count - 1 && _last[_deleted] is { } last && last <= _released ? _names[_deleted] : null;

    // One after the other: were a later one deleted first, and the process ended, the log would have a gap.
    private async Task TrimAsync(Func<bool> isFenced)
    {
        while (!isFenced() && Next() is { } name)
        {
            try
            {
                await _log.Blobs.DeleteAsync(name, _log.Stop).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                if (!_log.Stop.IsCancellationRequested)
                {
                    LogKept(_log.Blobs.PathOf(name), AzureLogErrors.TextOf(e));
                }

                return;
            }

            lock (_gate)
            {
                _deleted++;
            }
        }
    }

    private BlobName? Next()
    {
        lock (_gate)
        {
            return Due();
        }
    }

    [LoggerMessage(EventId = 1042, Level = LogLevel.Warning, Message = "{Blob} is not needed any more and could not be deleted; it is tried again with the next release: {Reason}")]
    private partial void LogKept(string blob, string reason);
}
