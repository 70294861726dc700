using Microsoft.Extensions.Logging;

namespace DChat.Storage.Log.Local.Wal;

internal sealed partial class WalRecovery
{
    [LoggerMessage(
        EventId = 1010, Level = LogLevel.Warning,
        Message = "{Path} ends at offset {Offset} with a write that was never acknowledged; {Bytes} bytes are cut off ({Tear})")]
    private partial void LogTornTail(string path, long offset, long bytes, string tear);

    [LoggerMessage(EventId = 1011, Level = LogLevel.Warning, Message = "{Path} was being created when the log stopped; it is deleted")]
    private partial void LogTornCreation(string path);
}
