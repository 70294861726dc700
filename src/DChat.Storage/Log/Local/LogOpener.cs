using System.Diagnostics;
using DChat.Core;
using DChat.Core.Topics;
using DChat.Storage.Files;
using DChat.Storage.Log.Local.Checkpoint;
using DChat.Storage.Log.Local.Wal;
using Microsoft.Extensions.Logging;

namespace DChat.Storage.Log.Local;

/// <summary>A recovered log whose directory is locked.</summary>
internal sealed record OpenedLog(LogManifest Manifest, Action<LogManifest> WriteManifest, ShardState[] Shards, WalFiles Files, WalTail Tail, IndexFile Index, IDisposable Lock) : IDisposable
{
    /// <summary>Closes the files, then releases the lock.</summary>
    public void Dispose()
    {
        Files.Dispose();
        Index.Dispose();
        Lock.Dispose();
    }
}

/// <summary>Locks a data directory, creates or recovers the log in it.</summary>
internal sealed partial class LogOpener(LocalShardLogOptions options, IFileSystem fileSystem, ILogger logger)
{
    private readonly ILogger _logger = logger;
    private readonly string _directory = Path.GetFullPath(options.Directory);

    private string ManifestPath => Path.Combine(_directory, LogManifest.FileName);

    private string IndexPath => Path.Combine(_directory, "index.dat");

    private string WalDirectory => Path.Combine(_directory, "wal");

    /// <summary>Opens the log.</summary>
    /// <exception cref="DChatException">
    /// <c>log-locked</c> (transient), <c>log-unwritable</c>, <c>log-mismatch</c> or <c>log-corrupt</c>, as the message says.
    /// </exception>
    public OpenedLog Open()
    {
        try
        {
            fileSystem.CreateDirectory(_directory);
            var held = fileSystem.TryLock(Path.Combine(_directory, "lock")) ?? throw LogErrors.Locked(_directory);
            try
            {
                return OpenLocked(held);
            }
            catch
            {
                held.Dispose();
                throw;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw LogErrors.Unwritable(_directory, fileSystem.Exists(ManifestPath), e);
        }
    }

    private OpenedLog OpenLocked(IDisposable held)
    {
        var started = Stopwatch.GetTimestamp();
        fileSystem.CreateDirectory(WalDirectory);
        var files = new WalFiles(fileSystem, WalDirectory);
        IndexFile? index = null;
        try
        {
            var manifest = LogManifest.Read(fileSystem, ManifestPath) ?? Create(files);
            manifest.Require(ManifestPath, options);
            DeleteLeftovers(files, manifest);
            manifest = Upgrade(files, manifest);
            index = new IndexFile(fileSystem, IndexPath, manifest.Id);
            var shards = CreateShards(manifest);
            var covered = LoadIndex(index, manifest, ref shards);
            var tail = new WalRecovery(files, manifest.Id, shards, _logger).Run(manifest.FirstFile, covered);
            var (messages, elapsed) = (shards.Sum(shard => (long)shard.Head), Stopwatch.GetElapsedTime(started));
            LogOpened(_directory, manifest.Id, messages, tail.RecoveredBytes, elapsed);
            return new OpenedLog(manifest, next => next.Write(fileSystem, ManifestPath), shards, files, tail, index, held);
        }
        catch
        {
            index?.Dispose();
            files.Dispose();
            throw;
        }
    }

    // The manifest may be seen and yet not be durable, when the process was killed before it was synced. Deleting what only the one
    // before needs would then be wrong after a power loss, so it is written once more.
    private void DeleteLeftovers(WalFiles files, LogManifest manifest)
    {
        var left = files.List().Where(number => number < manifest.FirstFile).ToArray();
        if (left.Length > 0)
        {
            manifest.Write(fileSystem, ManifestPath);
        }

        Array.ForEach(left, files.Delete);
    }

    // Before anything is written that the version before would not understand.
    private LogManifest Upgrade(WalFiles files, LogManifest manifest)
    {
        if (manifest.Format == LogManifest.CurrentFormat)
        {
            return manifest;
        }

        var upgraded = manifest with { Format = LogManifest.CurrentFormat, FirstCounted = files.List().LastOrDefault() + 1 };
        upgraded.Write(fileSystem, ManifestPath);
        return upgraded;
    }

    // The manifest comes last, so without it nothing was ever acknowledged and the first file holds no frame.
    private LogManifest Create(WalFiles files)
    {
        var left = files.List();
        if (left.Any(number => number != 1 || files.Get(number).Length > HeaderBlock.Length))
        {
            throw LogErrors.Corrupt(ManifestPath, 0, "it is missing, but there is a log");
        }

        if (left.Length > 0)
        {
            files.Delete(1);
        }

        var manifest = new LogManifest(LogManifest.CurrentFormat, Guid.NewGuid(), options.Network, options.ShardBits);
        files.Create(manifest.Id, number: 1, firstFrame: 1);
        manifest.Write(fileSystem, ManifestPath);
        LogCreated(_directory, manifest.Id);
        return manifest;
    }

    private WalCursor? LoadIndex(IndexFile index, LogManifest manifest, ref ShardState[] shards)
    {
        try
        {
            var covered = index.Load(shards, manifest.FirstFile, out var cutOff);
            if (cutOff > 0)
            {
                LogIndexCut(IndexPath, cutOff);
            }

            return covered;
        }
        catch (InvalidDataException e)
        {
            LogIndexUnusable(e, IndexPath);
            shards = CreateShards(manifest);
            index.Clear();
            return null;
        }
    }

    private ShardState[] CreateShards(LogManifest manifest)
    {
        var shards = new ShardState[1 << options.ShardBits];
        for (var i = 0; i < shards.Length; i++)
        {
            shards[i] = new ShardState(new ShardId((ushort)i));
            shards[i].BeginAfter(manifest.Dropped?[i] ?? 0);
        }

        return shards;
    }
}
