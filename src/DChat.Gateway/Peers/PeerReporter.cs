using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using Microsoft.Extensions.Logging;

namespace DChat.Gateway.Peers;

/// <summary>
/// Tells the cluster every <see cref="GatewayLiveness.Period"/> that the gateway is there and who is connected to it. What
/// fails is tried again at the next tick, with what is true then.
/// </summary>
/// <param name="take">The gateway and its peers as they are now.</param>
/// <param name="gateway">The gateway's PeerId as text.</param>
/// <param name="receiver">Where to report.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Where failures are noted.</param>
internal sealed partial class PeerReporter(
    Func<PeerSetReport> take, string gateway, IReportReceiver receiver, TimeProvider time, ILogger<PeerReporter> logger)
    : IAsyncDisposable
{
    /// <summary>How long a call may take: so long that the next one is due.</summary>
    internal static readonly TimeSpan CallTimeout = GatewayLiveness.Period;

    private readonly ILogger _logger = logger;
    private PeriodicTimer? _timer;
    private Task _reporting = Task.CompletedTask;

    /// <summary>Reports at once and goes on until <see cref="DisposeAsync"/>.</summary>
    public void Start()
    {
        var timer = new PeriodicTimer(GatewayLiveness.Period, time);
        _timer = timer;
        _reporting = Task.Run(() => ReportAsync(timer));
    }

    /// <summary>Ends reporting and leaves the directory; never fails, and takes at most twice <see cref="CallTimeout"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _timer, null) is not { } timer)
        {
            return;
        }

        // A call under way is waited for: an announcement that came after the leave would undo it.
        timer.Dispose();
        await _reporting.ConfigureAwait(false);
        await TryAsync("leave the directory", () => receiver.LeaveAsync(gateway)).ConfigureAwait(false);
    }

    private async Task ReportAsync(PeriodicTimer timer)
    {
        do
        {
            await ReportOnceAsync().ConfigureAwait(false);
        }
        while (await timer.WaitForNextTickAsync().ConfigureAwait(false));
    }

    private async Task ReportOnceAsync()
    {
        PeerSetReport report;
        try
        {
            report = take();
        }
        catch (Exception failure)
        {
            LogFailed("look at its peers", failure);
            return;
        }

        await Task.WhenAll(
            TryAsync("announce itself", () => receiver.AnnounceAsync(report.Gateway)),
            TryAsync("report its peers", () => receiver.ReportAsync(report))).ConfigureAwait(false);
    }

    private async Task TryAsync(string what, Func<Task> call)
    {
        try
        {
            await call().WaitAsync(CallTimeout, time).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            LogFailed(what, failure);
        }
    }

    [LoggerMessage(1, LogLevel.Debug, "The gateway could not {What}; it tries again soon.")]
    private partial void LogFailed(string what, Exception failure);
}
