using DChat.Core;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Storage.Files;
using DChat.Storage.Log.Local.Checkpoint;
using DChat.Storage.Log.Local.Wal;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DChat.Storage.Log.Local;

/// <summary>
/// The shard log of an embedded node: one write-ahead log in a local directory, all shards interleaved, one group commit
/// at a time. See README.md of the project for the files and what each fault leads to.
/// </summary>
public sealed class LocalShardLog : IShardLog, IAsyncDisposable, IDisposable
{
    private readonly int _shardBits;
    private readonly OpenedLog _log;
    private readonly LocalShardLogInstruments _instruments;
    private readonly WalWriter _wal;
    private readonly Checkpointer _checkpointer;
    private readonly GroupCommitter _committer;
    private readonly LogTrimmer _trimmer;
    private readonly RecordReader _reader;
    private readonly Lazy<Task> _closing;

    private LocalShardLog(LocalShardLogOptions options, OpenedLog log, ILogger logger)
    {
        _shardBits = options.ShardBits;
        _log = log;
        _instruments = new LocalShardLogInstruments(log.Shards);
        _wal = new WalWriter(log.Files, options.SegmentBytes, log.Tail);
        _checkpointer = new Checkpointer(log.Index, log.Shards, options.CheckpointBytes, log.Tail.RecoveredBytes, _instruments, logger);
        _reader = new RecordReader(log.Files, _instruments, logger);
        _closing = new Lazy<Task>(CloseAsync);
        _trimmer = new LogTrimmer(log.Shards, log.Files, () => _wal.DurableFile, log.Manifest, log.WriteManifest, logger);
        _committer = new GroupCommitter(_wal, _checkpointer, _trimmer, _instruments, logger);
    }

    /// <inheritdoc/>
    public LogId Id => _log.Manifest.Id;

    /// <inheritdoc/>
    public IReadOnlyList<ShardId> Unreleased => [.. _log.Shards.Where(shard => shard.IsUnreleased).Select(shard => shard.Id)];

    /// <inheritdoc/>
    public string? Problem
    {
        get
        {
            if (Failure is { } failure)
            {
                return failure.Message;
            }

            if (_committer.IsFull)
            {
                // Without a probe the log would stay "full" until somebody appends, though there is room again.
                _committer.Probe();
                return "the disk is full: messages are refused until there is room";
            }

            return null;
        }
    }

    /// <summary>Why the log can be used no more (<c>log-failed</c>): a write failed, or it is closed. Null while it can.</summary>
    public DChatException? Failure =>
        _committer.Failure is not null || _closing.IsValueCreated ? LogErrors.Failed(_committer.Failure) : null;

    /// <summary>Completes when a write has failed: nothing more is acknowledged until a new process opens the log. Never faults.</summary>
    public Task Failed => _committer.Failed;

    /// <summary>Locks the directory and opens the log in it, creating or recovering it. Blocks for as long as recovery takes.</summary>
    /// <param name="options">Where the log is, and how it keeps its files.</param>
    /// <param name="logger">Hears what recovery finds; null for nobody.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="DChatException">
    /// The directory is in use (<c>log-locked</c>, transient), cannot be written (<c>log-unwritable</c>), was made for something
    /// else (<c>log-mismatch</c>) or is damaged (<c>log-corrupt</c>, names file and offset).
    /// </exception>
    public static LocalShardLog Open(LocalShardLogOptions options, ILogger<LocalShardLog>? logger = null) =>
        Open(options, new PhysicalFileSystem(), logger);

    internal static LocalShardLog Open(LocalShardLogOptions options, IFileSystem fileSystem, ILogger? logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Problem() is { } problem)
        {
            throw new ArgumentException(problem, nameof(options));
        }

        logger ??= NullLogger.Instance;
        return new LocalShardLog(options, new LogOpener(options, fileSystem, logger).Open(), logger);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The network has no such shard.</exception>
    public async ValueTask<IShardLogWriter> OpenAsync(ShardId shard, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(shard.Value, _log.Shards.Length, nameof(shard));
        cancellationToken.ThrowIfCancellationRequested();
        var state = _log.Shards[shard.Value];
        var term = state.NextTerm();
        await _committer.DrainAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        return Failure is { } failure ? throw failure : new LocalShardWriter(state, term, _shardBits, _committer, _reader, _log.Index, _trimmer);
    }

    /// <summary>Answers what is queued, writes the index down, closes the files and releases the directory.</summary>
    public async ValueTask DisposeAsync() => await _closing.Value.ConfigureAwait(false);

    /// <inheritdoc cref="DisposeAsync"/>
    public void Dispose() => _closing.Value.GetAwaiter().GetResult();

    private async Task CloseAsync()
    {
        try
        {
            await _committer.StopAsync().ConfigureAwait(false);
            await _trimmer.CloseAsync().ConfigureAwait(false);
            await _checkpointer.FinishAsync(_committer.Failure is null ? _wal.Cursor : null).ConfigureAwait(false);
        }
        finally
        {
            _log.Dispose();
            _instruments.Dispose();
        }
    }
}
