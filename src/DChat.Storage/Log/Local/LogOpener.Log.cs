using DChat.Core.Shards;
using Microsoft.Extensions.Logging;

namespace DChat.Storage.Log.Local;

internal sealed partial class LogOpener
{
    [LoggerMessage(EventId = 1000, Level = LogLevel.Information, Message = "Created log {Log} in {Directory}")]
    private partial void LogCreated(string directory, LogId log);

    [LoggerMessage(
        EventId = 1001, Level = LogLevel.Information,
        Message = "Opened log {Log} in {Directory}: {Messages} messages, {Bytes} bytes read beyond the index, {Elapsed}")]
    private partial void LogOpened(string directory, LogId log, long messages, long bytes, TimeSpan elapsed);

    [LoggerMessage(
        EventId = 1002, Level = LogLevel.Warning,
        Message = "The last {Bytes} bytes of {Path} cannot be used; what they covered is read from the log instead")]
    private partial void LogIndexCut(string path, long bytes);

    [LoggerMessage(EventId = 1003, Level = LogLevel.Warning, Message = "{Path} cannot be used; the whole log is read instead")]
    private partial void LogIndexUnusable(Exception exception, string path);
}
