using System.Diagnostics;
using DChat.Storage.Log.Local.Wal;
using Microsoft.Extensions.Logging;

namespace DChat.Storage.Log.Local.Checkpoint;

/// <summary>Writes the index down every so many bytes of log, in the background: commits never wait for it.</summary>
/// <param name="file">Where to.</param>
/// <param name="shards">All shards of the log.</param>
/// <param name="intervalBytes">Bytes of log from one checkpoint to the next.</param>
/// <param name="uncoveredBytes">Bytes of log that the file does not cover at the start.</param>
/// <param name="instruments">Counts checkpoints.</param>
/// <param name="logger">Hears of failures.</param>
internal sealed partial class Checkpointer(
    IndexFile file, ShardState[] shards, long intervalBytes, long uncoveredBytes, LocalShardLogInstruments instruments, ILogger logger)
{
    private readonly ILogger _logger = logger;
    private Task _running = Task.CompletedTask;
    private long _uncovered = uncoveredBytes;

    /// <summary>Starts a checkpoint if it is time and none is running. The committer calls it after every group.</summary>
    /// <param name="bytes">How much the log has grown.</param>
    /// <param name="end">Its end, up to which the indexes are complete.</param>
    public void Advance(long bytes, WalCursor end)
    {
        _uncovered += bytes;
        if (_uncovered >= intervalBytes && _running.IsCompleted)
        {
            _uncovered = 0;
            var begun = Begin();
            _running = Task.Run(() => Write(begun, end));
        }
    }

    /// <summary>Ends a checkpoint that is running, and covers the rest. Nobody calls <see cref="Advance"/> any more.</summary>
    /// <param name="end">The end of the log; null when it is not known.</param>
    public async Task FinishAsync(WalCursor? end)
    {
        await _running.ConfigureAwait(false);
        if (_uncovered > 0 && end is { } known)
        {
            Write(Begin(), known);
        }
    }

    private ShardCheckpoint[] Begin() => Array.ConvertAll(shards, shard => shard.BeginCheckpoint());

    private void Write(ShardCheckpoint[] begun, WalCursor end)
    {
        try
        {
            var started = Stopwatch.GetTimestamp();
            file.CompactIfWorth(shards);
            var bytes = file.Write(begun, end);
            instruments.Checkpointed(bytes, Stopwatch.GetElapsedTime(started));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Array.ForEach(begun, each => each.Shard.UndoCheckpoint());

            // Nothing is lost: the next checkpoint covers the same messages, and a start before it reads more of the WAL.
            LogFailed(e);
        }
    }
}
