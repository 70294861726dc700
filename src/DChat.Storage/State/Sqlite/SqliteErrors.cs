using DChat.Core;
using Microsoft.Data.Sqlite;

namespace DChat.Storage.State.Sqlite;

/// <summary>Turns SQLite's result codes (https://sqlite.org/rescode.html) into DChat's.</summary>
internal static class SqliteErrors
{
    private const int Perm = 3;
    private const int Busy = 5;
    private const int Locked = 6;
    private const int ReadOnly = 8;
    private const int IoError = 10;
    private const int Corrupt = 11;
    private const int Full = 13;
    private const int CannotOpen = 14;
    private const int NotADatabase = 26;

    /// <summary>Whether another connection holds the lock that the statement needed; nothing was changed.</summary>
    public static bool IsBusy(SqliteException exception) => exception.SqliteErrorCode is Busy or Locked;

    /// <summary>The same fault as a <see cref="DChatException"/> that names the file.</summary>
    public static DChatException Translate(SqliteException exception, string path)
    {
        var (code, isTransient, sentence) = exception.SqliteErrorCode switch
        {
            Busy or Locked => ("state-locked", true, "is locked by another process; stop that one, or try again"),
            Full => ("state-full", true, "cannot grow, because its disk is full; free some space"),
            IoError => ("state-failed", true, "cannot be read or written"),
            Perm or ReadOnly or CannotOpen => ("state-unavailable", false, "cannot be opened for writing; change its owner or mode"),
            Corrupt or NotADatabase => ("state-corrupt", false, "is damaged or not a database"),
            _ => ("state-failed", false, "failed"),
        };
        return new DChatException(code, $"The state database {path} {sentence}. ({exception.Message})", isTransient, exception);
    }
}
