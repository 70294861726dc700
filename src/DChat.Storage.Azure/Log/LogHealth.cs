using Microsoft.Extensions.Logging;

namespace DChat.Storage.Azure.Log;

/// <summary>Why appends cannot succeed, as far as is known.</summary>
internal sealed partial class LogHealth(LogBlobs blobs, ILogger logger)
{
    private readonly ILogger _logger = logger;
    private volatile string? _problem;
    private int _isProbing;

    /// <summary>What it is; null when nothing is known. While there is one, asking has it looked into, for when nobody appends.</summary>
    public string? Problem
    {
        get
        {
            var problem = _problem;
            if (problem is not null && Interlocked.Exchange(ref _isProbing, 1) == 0)
            {
                _ = ProbeAsync();
            }

            return problem;
        }
    }

    /// <summary>A block was appended.</summary>
    public void Well() => _problem = null;

    /// <summary>A shard could not be opened.</summary>
    public void Ill(Exception cause) => _problem = $"the log at {blobs.Address} fails: {AzureLogErrors.TextOf(cause)}";

    /// <summary>A block could not be appended.</summary>
    public void Ill(string blob, Exception cause)
    {
        Ill(cause);
        LogFailed(blob, AzureLogErrors.TextOf(cause));
    }

    private async Task ProbeAsync()
    {
        try
        {
            await blobs.ProbeAsync(CancellationToken.None).ConfigureAwait(false);
            _problem = null;
        }
        catch (Exception)
        {
            // It is still so.
        }
        finally
        {
            Volatile.Write(ref _isProbing, 0);
        }
    }

    [LoggerMessage(
        EventId = 1041, Level = LogLevel.Error,
        Message = "Appending to {Blob} failed, and nobody knows where it ends; the shard is opened anew: {Reason}")]
    private partial void LogFailed(string blob, string reason);
}
