using System.Collections.Concurrent;
using DChat.Core;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Storage.Files;
using DChat.Storage.Log.Local;

namespace DChat.Storage.Segments;

/// <summary>
/// Sealed segments in the data directory, under <c>segments/&lt;shard&gt;</c>. See README.md of the project for the files and what each fault leads to.
/// </summary>
public sealed class LocalSegmentStore : ISegmentStore, IDisposable
{
    /// <summary>The most files of segments that are open at once: 1,024.</summary>
    public const int MaxOpenFiles = 1_024;

    /// <summary>What a sealing leaves free on the disk for the log: 64 MiB, or a file of the WAL if that is less.</summary>
    public const long MaxReservedBytes = 64L << 20;

    private readonly ConcurrentDictionary<ShardId, Lazy<ShardSegments>> _open = new();
    private readonly Func<ShardId, SegmentDirectory> _directoryOf;
    private readonly OpenFiles _files;

    /// <summary>The segments in the data directory of a log that is open.</summary>
    /// <param name="options">Those of the log.</param>
    /// <param name="log">The log, whose sequences the segments tell of.</param>
    public LocalSegmentStore(LocalShardLogOptions options, LogId log)
        : this(options, log, new PhysicalFileSystem())
    {
    }

    internal LocalSegmentStore(LocalShardLogOptions options, LogId log, IFileSystem fileSystem)
    {
        ArgumentNullException.ThrowIfNull(options);
        var root = Path.Combine(Path.GetFullPath(options.Directory), "segments");
        _files = new OpenFiles(fileSystem, MaxOpenFiles);
        var origin = new SegmentOrigin(options.Network, options.ShardBits, log.Value);
        _directoryOf = shard => new SegmentDirectory(fileSystem, _files, Path.Combine(root, shard.ToString()), shard, origin)
        {
            ReservedBytes = Math.Min(options.SegmentBytes, MaxReservedBytes),
        };
    }

    /// <summary>Closes all files. Nobody may read or seal any more.</summary>
    public void Dispose()
    {
        foreach (var opening in _open.Values.Where(opening => opening.IsValueCreated))
        {
            opening.Value.Dispose();
        }

        _files.Dispose();
    }

    /// <summary>Reads all of a shard's segments and checks them against their ids, checksums and roots.</summary>
    /// <returns>What is wrong: a sentence each, with file and offset.</returns>
    internal IReadOnlyList<string> Verify(ShardId shard)
    {
        try
        {
            return _open.GetOrAdd(shard, static (shard, directoryOf) => new Lazy<ShardSegments>(() => ShardSegments.Open(directoryOf(shard))), _directoryOf).Value.Verify();
        }
        catch (DChatException damage) when (!damage.IsTransient)
        {
            return [damage.Message];
        }
    }

    /// <inheritdoc/>
    /// <remarks>Every owner in the process has the same; a writer that was fenced seals nothing.</remarks>
    public async ValueTask<IShardSegments> OpenAsync(ShardId shard, ulong term, CancellationToken cancellationToken)
    {
        var opening = _open.GetOrAdd(shard, static (shard, directoryOf) => new Lazy<ShardSegments>(() => ShardSegments.Open(directoryOf(shard))), _directoryOf);
        try
        {
            var segments = await Task.Run(() => opening.Value, cancellationToken).ConfigureAwait(false);
            await segments.DrainAsync(cancellationToken).ConfigureAwait(false);
            return segments;
        }
        catch
        {
            // A fault may pass, so it is not remembered.
            if (!opening.IsValueCreated)
            {
                _open.TryRemove(KeyValuePair.Create(shard, opening));
            }

            throw;
        }
    }
}
