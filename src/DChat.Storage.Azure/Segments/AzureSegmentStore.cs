using System.Collections.Concurrent;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Storage.Azure.Log;
using DChat.Storage.Segments;

namespace DChat.Storage.Azure.Segments;

/// <summary>
/// Sealed segments beside the log in Azure Storage, in the same container under <c>segments/&lt;shard&gt;</c>. See README.md of the project for
/// the blobs and what each fault leads to.
/// </summary>
internal sealed class AzureSegmentStore : ISegmentStore, IAsyncDisposable, IDisposable
{
    private readonly AzureLogParts _log;
    private readonly SegmentBlobs _blobs;
    private readonly SegmentOrigin _origin;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<ShardId, AzureShardSegments> _open = new();
    private readonly ConcurrentDictionary<ShardId, Task> _cleaning = new();

    /// <summary>The segments beside a log.</summary>
    /// <param name="log">The log, whose sequences the segments tell of.</param>
    public AzureSegmentStore(AzureShardLog log)
    {
        ArgumentNullException.ThrowIfNull(log);
        _log = log.Parts;
        Cache = new BlobCache(_log.Options.CacheBytes);
        _blobs = new SegmentBlobs(_log.Container, _log.Calls, Cache);
        _origin = new SegmentOrigin(_log.Options.Network, _log.Options.ShardBits, _log.Id.Value);
    }

    /// <summary>What was read of the segments of all shards lately.</summary>
    internal BlobCache Cache { get; }

    /// <inheritdoc/>
    /// <remarks>What another owner of the shard has in flight, in this process or another, is refused from now on.</remarks>
    public async ValueTask<IShardSegments> OpenAsync(ShardId shard, ulong term, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_stop.IsCancellationRequested, this);
        var opener = new SegmentsOpener(_blobs, _origin, _stop.Token);
        var segments = await Task.Run(() => opener.OpenAsync(shard, term, cancellationToken), cancellationToken).ConfigureAwait(false);
        _open[shard] = segments;
        _cleaning[shard] = new OrphanedBlobs(_blobs, _log.Logger).DeleteAsync(segments.BegunWith, _stop.Token);
        return segments;
    }

    /// <summary>Gives up sealings that are under way, and completes when they have ended. Nobody may seal any more.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
        {
            return;
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_open.Values.Select(segments => segments.DisposeAsync().AsTask()).Concat(_cleaning.Values)).ConfigureAwait(false);
        _stop.Dispose();
    }

    /// <inheritdoc cref="DisposeAsync"/>
    public void Dispose() => Task.Run(async () => await DisposeAsync().ConfigureAwait(false)).GetAwaiter().GetResult();

    /// <summary>Completes when what earlier owners of a shard have left is deleted, or that has failed.</summary>
    internal Task CleanedAsync(ShardId shard) => _cleaning[shard];
}
