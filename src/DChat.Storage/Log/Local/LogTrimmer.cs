using DChat.Storage.Log.Local.Wal;
using Microsoft.Extensions.Logging;

namespace DChat.Storage.Log.Local;

/// <summary>
/// Deletes files of the WAL from the oldest on when all their messages are released. The manifest says first which file is then the
/// first, and where each shard begins; files before it that a crash has left are deleted at the next start. The first that is left is
/// one that certainly is on the disk, since there is none before it to fall back on.
/// </summary>
internal sealed partial class LogTrimmer(
    ShardState[] shards, WalFiles files, Func<uint> durableFile, LogManifest manifest, Action<LogManifest> write, ILogger logger)
{
    private readonly Lock _gate = new();
    private readonly ILogger _logger = logger;
    private LogManifest _manifest = manifest;
    private Task _running = Task.CompletedTask;
    private bool _again;
    private bool _isClosed;

    /// <summary>Looks in the background whether files can be deleted.</summary>
    public void Begin()
    {
        lock (_gate)
        {
            _again = true;
            if (_running.IsCompleted && !_isClosed)
            {
                _running = Task.Run(Run);
            }
        }
    }

    /// <summary>Completes when all has been looked at that was to be looked at.</summary>
    public Task CloseAsync()
    {
        lock (_gate)
        {
            _isClosed = true;
            return _running;
        }
    }

    private void Run()
    {
        while (TryTake())
        {
            try
            {
                Trim();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Nothing is lost: the next time deletes the same files, and a start those that the manifest has left behind.
                LogFailed(e);
            }
        }
    }

    private bool TryTake()
    {
        lock (_gate)
        {
            var again = _again;
            _again = false;
            return again;
        }
    }

    private void Trim()
    {
        var first = shards.Min(shard => shard.FirstNeededFile() ?? uint.MaxValue);
        first = Math.Min(first, durableFile());
        if (first <= _manifest.FirstFile || first < _manifest.FirstCounted)
        {
            return;
        }

        var dropped = Array.ConvertAll(shards, shard => shard.LastBefore(first));
        var next = _manifest with { FirstFile = first, Dropped = dropped };
        write(next);
        var deleted = _manifest.FirstFile;
        _manifest = next;
        for (var i = 0; i < shards.Length; i++)
        {
            shards[i].Drop(dropped[i]);
        }

        for (var number = deleted; number < first; number++)
        {
            files.Delete(number);
        }

        LogDeleted(first - deleted, first);
    }

    [LoggerMessage(EventId = 1040, Level = LogLevel.Information, Message = "Deleted {Count} files of the log whose messages are all sealed or pruned; the first is now number {First}")]
    private partial void LogDeleted(uint count, uint first);

    [LoggerMessage(EventId = 1041, Level = LogLevel.Warning, Message = "Files of the log whose messages are all sealed or pruned could not be deleted; it is tried again")]
    private partial void LogFailed(Exception exception);
}
