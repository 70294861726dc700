using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Core.Peers;
using Microsoft.Extensions.Logging;

namespace DChat.Gateway.Peers;

/// <summary>
/// Tells the cluster every <see cref="GatewayLiveness.Period"/> that the gateway is there and what has changed among its
/// peers. What fails is tried again at the next tick: the directory with what is true then, the peers with the whole set.
/// </summary>
/// <param name="look">Brings the peers up to date and describes the gateway.</param>
/// <param name="peers">Its peers.</param>
/// <param name="gateway">The gateway's PeerId as text.</param>
/// <param name="receiver">Where to report.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Where failures are noted.</param>
internal sealed partial class PeerReporter(
    Func<GatewayDescription> look,
    NumberedSetWriter<string, PeerDescription> peers,
    string gateway,
    IReportReceiver receiver,
    TimeProvider time,
    ILogger<PeerReporter> logger) : IAsyncDisposable
{
    /// <summary>How long a call may take: so long that the next one is due.</summary>
    internal static readonly TimeSpan CallTimeout = GatewayLiveness.Period;

    private readonly ILogger _logger = logger;
    private volatile PeriodicTimer? _timer;
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
        await TryAsync("leave the directory", () => CallAsync(receiver.LeaveAsync(gateway))).ConfigureAwait(false);
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
        GatewayDescription description;
        try
        {
            description = look();
        }
        catch (Exception failure)
        {
            LogFailed("look at its peers", failure);
            return;
        }

        await Task.WhenAll(
            TryAsync("announce itself", () => CallAsync(receiver.AnnounceAsync(description))),
            TryAsync("report its peers", () => ReportPeersAsync(description))).ConfigureAwait(false);
    }

    /// <summary>
    /// Reports what has changed, in as many updates as it takes; the whole set when the receiver wants it, once. What takes
    /// longer than a period goes on at the next tick, or the gateway would not announce itself meanwhile.
    /// </summary>
    private async Task ReportPeersAsync(GatewayDescription description)
    {
        var started = time.GetTimestamp();
        var refusals = 0;
        do
        {
            var step = peers.Next();
            var update = new PeerSetUpdate(
                description, time.GetUtcNow(), step.Number, step.Base, [.. step.Changed], [.. step.Removed], step.HasMore);
            var isTaken = false;
            try
            {
                isTaken = await receiver.ReportAsync(update).WaitAsync(CallTimeout, time).ConfigureAwait(false);
            }
            finally
            {
                if (!isTaken)
                {
                    peers.StartOver();
                    refusals++;
                }
            }
        }
        while (peers.HasMore && refusals < 2 && time.GetElapsedTime(started) < GatewayLiveness.Period && _timer is not null);
    }

    private Task CallAsync(Task call) => call.WaitAsync(CallTimeout, time);

    private async Task TryAsync(string what, Func<Task> attempt)
    {
        try
        {
            await attempt().ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            LogFailed(what, failure);
        }
    }

    [LoggerMessage(1, LogLevel.Debug, "The gateway could not {What}; it tries again soon.")]
    private partial void LogFailed(string what, Exception failure);
}
