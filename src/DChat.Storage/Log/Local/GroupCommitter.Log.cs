using Microsoft.Extensions.Logging;

namespace DChat.Storage.Log.Local;

internal sealed partial class GroupCommitter
{
    private void LogFull(bool isFull)
    {
        if (isFull)
        {
            LogFull();
        }
        else
        {
            LogRoom();
        }
    }

    [LoggerMessage(EventId = 1020, Level = LogLevel.Error, Message = "The disk is full: batches are refused, and nothing of them is kept")]
    private partial void LogFull();

    [LoggerMessage(EventId = 1022, Level = LogLevel.Information, Message = "The disk has room again: batches are kept")]
    private partial void LogRoom();

    [LoggerMessage(
        EventId = 1021, Level = LogLevel.Critical,
        Message = "Writing the log failed; nothing more is acknowledged until it is opened anew (restart the process)")]
    private partial void LogFailed(Exception exception);
}
