using System.Diagnostics;
using DChat.Abstractions.Files;
using DChat.Core;
using Microsoft.Data.Sqlite;

namespace DChat.Storage.State.Sqlite;

/// <summary>
/// One connection to one file, used by one caller at a time, in the order they came. SQLite blocks its thread, so the work
/// runs on the thread pool and never on a grain's turn; waiting for one's turn takes no thread.
/// </summary>
internal sealed class SqliteLane(string path, TimeSpan busyTimeout) : IDisposable
{
    // While another process holds the lock, a cancellation is noticed between attempts, so this late. The library takes whole
    // seconds only.
    private const int AttemptSeconds = 1;

    private readonly SemaphoreSlim _turn = new(1, 1);
    private SqliteConnection? _connection;
    private bool _disposed;

    /// <summary>Runs <paramref name="work"/>, again from the start while another process holds the file.</summary>
    /// <exception cref="DChatException">
    /// SQLite failed (<c>state-…</c>), or the file stayed locked (<c>state-locked</c>, transient).
    /// </exception>
    /// <exception cref="OperationCanceledException">Cancelled before <paramref name="work"/> changed anything.</exception>
    public async Task<T> RunAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await Task.Run(() => Run(work, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Waits for the work under way and closes the connection, which folds the write-ahead log into the file.</summary>
    public void Dispose()
    {
        _turn.Wait();
        _disposed = true;
        Close();
        _turn.Release();
    }

    private T Run<T>(Func<SqliteConnection, T> work, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                return work(_connection ??= Open());
            }
            catch (SqliteException e) when (SqliteErrors.IsBusy(e) && Stopwatch.GetElapsedTime(started) < busyTimeout)
            {
            }
            catch (SqliteException e)
            {
                // A connection that has seen an I/O error or damage may be of no more use; the next caller opens another.
                Close();
                throw SqliteErrors.Translate(e, path);
            }
        }
    }

    private SqliteConnection Open()
    {
        CreateFolder();
        var settings = new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = AttemptSeconds };
        var connection = new SqliteConnection(settings.ToString());
        try
        {
            connection.Open();
            Execute(connection, $"PRAGMA busy_timeout = {AttemptSeconds * 1000}");
            if (Execute(connection, "PRAGMA journal_mode = WAL") is not "wal")
            {
                throw new DChatException(
                    "state-unavailable", $"The state database {path} is on a file system without write-ahead logging; use a local disk.");
            }

            // FULL: a commit is on stable storage before the grain hears of it.
            Execute(connection, "PRAGMA synchronous = FULL");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private void CreateFolder()
    {
        try
        {
            DurableDirectory.Create(Path.GetDirectoryName(Path.GetFullPath(path))!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DChatException(
                "state-unavailable", $"The folder of the state database {path} cannot be created: {e.Message}", inner: e);
        }
    }

    private void Close()
    {
        _connection?.Dispose();
        _connection = null;
    }

    private static object? Execute(SqliteConnection connection, string sql)
    {
        using var command = new SqliteCommand(sql, connection);
        return command.ExecuteScalar();
    }
}
