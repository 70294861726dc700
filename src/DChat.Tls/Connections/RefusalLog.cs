using System.Diagnostics.Metrics;
using System.Net;
using DChat.Abstractions.Diagnostics;
using Microsoft.Extensions.Logging;

namespace DChat.Tls.Connections;

/// <summary>
/// Tells of connections that came to nothing: <see cref="Burst"/> of them, and one more each <see cref="Period"/>, because
/// strangers can come as often as they like. The others are counted.
/// </summary>
internal sealed partial class RefusalLog(ILogger logger, TimeProvider time)
{
    /// <summary>After how long another line may be logged.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>How many lines may be logged at once.</summary>
    public const int Burst = 16;

    private static readonly Counter<long> Refusals =
        DChatTelemetry.Meter.CreateCounter<long>("dchat.tls.refused", "{connection}", "Connections that were refused, by port.");

    private readonly Lock _gate = new();
    private long _at = time.GetTimestamp();
    private double _lines = Burst;
    private long _untold;

    /// <summary>Tells of a peer that came and was refused.</summary>
    /// <param name="port">Where it came.</param>
    /// <param name="peer">Its address.</param>
    /// <param name="reason">Why, as a clause.</param>
    public void Refused(string port, EndPoint? peer, string reason)
    {
        Refusals.Add(1, new KeyValuePair<string, object?>("port", port));
        if (TryTell(out var untold))
        {
            LogRefused(logger, peer, port, reason, untold);
        }
    }

    /// <summary>Tells of a silo that could not be dialed.</summary>
    /// <param name="reason">Why, as a sentence.</param>
    public void NotDialed(string reason)
    {
        if (TryTell(out var untold))
        {
            LogNotDialed(logger, reason, untold);
        }
    }

    private bool TryTell(out long untold)
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            _lines = Math.Min(Burst, _lines + (time.GetElapsedTime(_at, now) / Period));
            _at = now;
            untold = _untold;
            if (_lines < 1)
            {
                _untold++;
                return false;
            }

            _lines--;
            _untold = 0;
            return true;
        }
    }

    [LoggerMessage(4, LogLevel.Warning, "Refused {Peer} at the {Port}: {Reason}. Not told since the last such line: {Untold}.")]
    private static partial void LogRefused(ILogger logger, EndPoint? peer, string port, string reason, long untold);

    [LoggerMessage(5, LogLevel.Warning, "{Reason} Not told since the last such line: {Untold}.")]
    private static partial void LogNotDialed(ILogger logger, string reason, long untold);
}
