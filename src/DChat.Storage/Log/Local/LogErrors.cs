using DChat.Core;

namespace DChat.Storage.Log.Local;

/// <summary>The faults of the local log, each with its code.</summary>
internal static class LogErrors
{
    public static DChatException Corrupt(string path, long offset, string what, Exception? inner = null) =>
        new("log-corrupt", $"{path} is damaged at offset {offset}: {what}.", inner: inner);

    public static DChatException Locked(string directory) =>
        new("log-locked", $"The data directory {directory} is in use by another process or another log.", isTransient: true);

    public static DChatException Unwritable(string directory, Exception inner) =>
        new("log-unwritable", $"The data directory {directory} cannot be written: {inner.Message}", inner: inner);

    public static DChatException Mismatch(string path, string what) => new("log-mismatch", $"{path} {what}.");

    public static DChatException Failed(Exception? inner) => new(
        "log-failed", $"The log has failed and must be opened anew: {inner?.Message ?? "it is closed."}", isTransient: true, inner);

    public static DChatException Unreadable(string path, long offset, Exception inner) => new(
        "log-unreadable", $"Reading {path} at offset {offset} failed: {inner.Message}", isTransient: true, inner);
}
