using Microsoft.Extensions.Logging;

namespace DChat.Storage.Log.Local;

internal sealed partial class GroupCommitter
{
    [LoggerMessage(EventId = 1020, Level = LogLevel.Error, Message = "The disk is full: {Batches} batches were refused and nothing of them was kept")]
    private partial void LogFull(int batches);

    [LoggerMessage(
        EventId = 1021, Level = LogLevel.Critical,
        Message = "Writing the log failed; nothing more is acknowledged until it is opened anew (restart the process)")]
    private partial void LogFailed(Exception exception);
}
