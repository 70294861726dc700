using System.Globalization;
using DChat.Core;
using Microsoft.Data.Sqlite;
using Orleans.Storage;

namespace DChat.Storage.State.Sqlite;

/// <summary>
/// The table of grain states in one file. Readers and the writer have a connection each: in write-ahead mode a read never
/// waits for a commit.
/// </summary>
internal sealed class SqliteStateFile(string path, TimeSpan busyTimeout) : IDisposable
{
    private const long SchemaVersion = 1;

    private readonly SqliteLane _reader = new(path, busyTimeout);
    private readonly SqliteLane _writer = new(path, busyTimeout);
    private volatile bool _hasSchema;

    /// <summary>Opens the file, creating it and its table if need be; does nothing when it is open.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        if (!_hasSchema)
        {
            await _writer.RunAsync(CreateSchema, cancellationToken).ConfigureAwait(false);
            _hasSchema = true;
        }
    }

    /// <summary>The stored state; null when there is none.</summary>
    public async Task<StoredState?> ReadAsync(StateKey key, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        return await _reader.RunAsync(
            connection =>
            {
                using var command = Command(connection, null, "SELECT etag, payload FROM grain_state WHERE storage = $storage AND state = $state AND grain = $grain", key);
                using var row = command.ExecuteReader();
                return row.Read() ? new StoredState(row.GetString(0), row.GetFieldValue<byte[]>(1)) : null;
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Replaces the state that has <paramref name="expectedETag"/> (null: there is none) with <paramref name="replacement"/>
    /// (null: remove it), and returns when that is durable.
    /// </summary>
    /// <exception cref="InconsistentStateException">The stored state has another ETag; nothing was changed.</exception>
    public async Task ReplaceAsync(StateKey key, string? expectedETag, StoredState? replacement, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        await _writer.RunAsync(
            connection =>
            {
                using var transaction = connection.BeginTransaction(deferred: false);
                ThrowIfChanged(connection, transaction, key, expectedETag);
                using var command = replacement is null
                    ? Command(connection, transaction, "DELETE FROM grain_state WHERE storage = $storage AND state = $state AND grain = $grain", key)
                    : Command(connection, transaction, "REPLACE INTO grain_state VALUES ($storage, $state, $grain, $etag, $payload)", key);
                if (replacement is not null)
                {
                    command.Parameters.AddWithValue("$etag", replacement.ETag);
                    command.Parameters.AddWithValue("$payload", replacement.Payload);
                }

                command.ExecuteNonQuery();
                transaction.Commit();
                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    public void Dispose()
    {
        _reader.Dispose();
        _writer.Dispose();
    }

    private static void ThrowIfChanged(SqliteConnection connection, SqliteTransaction transaction, StateKey key, string? expectedETag)
    {
        using var command = Command(connection, transaction, "SELECT etag FROM grain_state WHERE storage = $storage AND state = $state AND grain = $grain", key);
        var storedETag = (string?)command.ExecuteScalar();
        if (storedETag != expectedETag)
        {
            throw new InconsistentStateException(
                $"State '{key.State}' of {key.Grain} in storage '{key.Storage}' was changed by another activation.", storedETag, expectedETag);
        }
    }

    private bool CreateSchema(SqliteConnection connection)
    {
        using var transaction = connection.BeginTransaction(deferred: false);
        using var command = new SqliteCommand("PRAGMA user_version", connection, transaction);
        var version = (long)command.ExecuteScalar()!;
        if (version > SchemaVersion)
        {
            throw new DChatException("state-version", $"The state database {path} has schema {version}, but this program knows only {SchemaVersion}: use a newer one.");
        }

        if (version == 0)
        {
            command.CommandText = """
                CREATE TABLE grain_state (
                    storage TEXT NOT NULL, state TEXT NOT NULL, grain TEXT NOT NULL, etag TEXT NOT NULL, payload BLOB NOT NULL,
                    PRIMARY KEY (storage, state, grain)) STRICT;
                """ + string.Create(CultureInfo.InvariantCulture, $"PRAGMA user_version = {SchemaVersion}");
            command.ExecuteNonQuery();
            transaction.Commit();
        }

        return true;
    }

    private static SqliteCommand Command(SqliteConnection connection, SqliteTransaction? transaction, string sql, StateKey key)
    {
        var command = new SqliteCommand(sql, connection, transaction);
        command.Parameters.AddWithValue("$storage", key.Storage);
        command.Parameters.AddWithValue("$state", key.State);
        command.Parameters.AddWithValue("$grain", key.Grain);
        return command;
    }
}
