using DChat.Core;
using Microsoft.Data.Sqlite;

namespace DChat.Storage.State.Sqlite;

/// <summary>Turns SQLite's result codes (https://sqlite.org/rescode.html) into DChat's.</summary>
internal static class SqliteErrors
{
    private const int Perm = 3, Busy = 5, Locked = 6, ReadOnly = 8, IoError = 10, Corrupt = 11, Full = 13, CannotOpen = 14, NotADatabase = 26;

    /// <summary>Whether another connection holds the lock that the statement needed; nothing was changed.</summary>
    public static bool IsBusy(SqliteException exception) => exception.SqliteErrorCode is Busy or Locked;

    /// <summary>The same fault as a <see cref="DChatException"/> that names the file.</summary>
    public static DChatException Translate(SqliteException exception, string path)
    {
        var (code, isTransient, sentence) = exception.SqliteErrorCode switch
        {
            Busy or Locked => ("state-locked", true, "is locked by another process"),
            Full => ("state-full", true, "cannot grow: the disk is full"),
            IoError => ("state-failed", true, "cannot be read or written"),
            Perm or ReadOnly or CannotOpen => ("state-unavailable", false, "cannot be opened for writing"),
            Corrupt or NotADatabase => ("state-corrupt", false, "is damaged or not a database"),
            _ => ("state-failed", false, "failed"),
        };
        return new DChatException(
            code, $"The state database {path} {sentence} (SQLite {exception.SqliteExtendedErrorCode}: {exception.Message}).", isTransient, exception);
    }
}
