using DChat.Abstractions.Files;
using DChat.Core;

namespace DChat.Storage.Log.Local;

/// <summary>The faults of the local log, each with its code.</summary>
internal static class LogErrors
{
    public static DChatException Corrupt(string path, long offset, string what, Exception? inner = null) =>
        new("log-corrupt", $"{path} is damaged at offset {offset}: {what}.", inner: inner);

    public static DChatException Locked(string directory) =>
        new(
            "log-locked",
            $"The data directory {directory} is in use by another core: stop that one, or give this one a directory of its own with --data.",
            isTransient: true);

    /// <param name="directory">The data directory.</param>
    /// <param name="holdsLog">Whether a log is in it: whoever took another directory would leave messages and the relay's identity behind.</param>
    /// <param name="inner">The fault of the file system.</param>
    public static DChatException Unwritable(string directory, bool holdsLog, Exception inner) => new(
        "log-unwritable",
        $"The data directory {directory} cannot be used: {Reason(inner)} "
        + (holdsLog
            ? "It holds this relay's messages and key: repair it rather than begin anew elsewhere."
            : "If need be, choose another directory with --data."),
        inner: inner);

    public static DChatException Mismatch(string path, string what) => new("log-mismatch", $"{path} {what}.");

    public static DChatException Failed(Exception? inner) => new(
        "log-failed", $"The log has failed and must be opened anew: {inner?.Message ?? "it is closed."}", isTransient: true, inner);

    public static DChatException Unreadable(string path, long offset, Exception inner) => new(
        "log-unreadable", $"Reading {path} at offset {offset} failed: {inner.Message}", isTransient: true, inner);

    private static string Reason(Exception fault) => fault switch
    {
        IOException io when FileFaults.IsDiskFull(io) => "its disk is full. Free some space.",
        IOException io when FileFaults.IsReadOnly(io) => "its file system is read-only.",
        UnauthorizedAccessException => $"{fault.Message} Change the owner or the mode.",
        _ => $"{fault.Message.TrimEnd('.')}.",
    };
}
