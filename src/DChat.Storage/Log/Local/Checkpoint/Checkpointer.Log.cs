using Microsoft.Extensions.Logging;

namespace DChat.Storage.Log.Local.Checkpoint;

internal sealed partial class Checkpointer
{
    [LoggerMessage(EventId = 1030, Level = LogLevel.Warning, Message = "The index could not be written down; the next start may take longer")]
    private partial void LogFailed(Exception exception);
}
