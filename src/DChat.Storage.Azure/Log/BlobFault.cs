using System.Globalization;
using Azure;

namespace DChat.Storage.Azure.Log;

/// <summary>What a failed request says about what it has done.</summary>
/// <param name="Kind">Whether it has done anything.</param>
/// <param name="RetryAfter">How long the service wants to be left alone; null when it does not say.</param>
internal readonly record struct BlobFault(BlobFaultKind Kind, TimeSpan? RetryAfter)
{
    private const int RequestTimeout = 408;
    private const int TooManyRequests = 429;
    private const int InternalError = 500;
    private const int ServerBusy = 503;

    // What asks for more than a day means never.
    private static readonly TimeSpan MaxRetryAfter = TimeSpan.FromDays(1);

    /// <summary>Reads it off the exception.</summary>
    public static BlobFault Of(Exception fault) => fault switch
    {
        RequestFailedException { Status: TooManyRequests or ServerBusy } busy => new(BlobFaultKind.Throttled, RetryAfterOf(busy)),
        RequestFailedException { Status: 0 or RequestTimeout or >= InternalError } lost => new(BlobFaultKind.Unknown, RetryAfterOf(lost)),
        RequestFailedException => new(BlobFaultKind.Refused, null),
        _ => new(BlobFaultKind.Unknown, null),
    };

    private static TimeSpan? RetryAfterOf(RequestFailedException fault)
    {
        if (fault.GetRawResponse()?.Headers is not { } headers)
        {
            return null;
        }

        return Read(headers.TryGetValue("retry-after-ms", out var text) || headers.TryGetValue("x-ms-retry-after-ms", out text) ? text : null, 1)
            ?? Read(headers.TryGetValue("Retry-After", out text) ? text : null, 1_000);
    }

    private static TimeSpan? Read(string? number, int milliseconds) =>
        uint.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? TimeSpan.FromMilliseconds(Math.Min((double)count * milliseconds, MaxRetryAfter.TotalMilliseconds))
            : null;
}

/// <summary>Whether a failed request has done anything.</summary>
internal enum BlobFaultKind
{
    /// <summary>The service has refused it and will again.</summary>
    Refused,

    /// <summary>The service was too busy for it; nothing was done.</summary>
    Throttled,

    /// <summary>Nobody knows: no answer came, or one that does not say. It may even be done later.</summary>
    Unknown,
}
