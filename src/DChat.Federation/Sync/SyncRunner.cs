using System.Security.Cryptography;
using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Libp2p;
using DChat.Libp2p.Host;
using DChat.Libp2p.Peers;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DChat.Federation.Sync;

/// <summary>
/// Runs with each partner: at the start, when the partner comes back, every period with some chance in it, and when an operator asks. After a run that
/// failed the next comes soon, and then later each time, so that a partition that heals is noticed within seconds.
/// </summary>
internal sealed partial class SyncRunner(
    SyncPartners partners,
    SyncProtocol protocol,
    SyncRun run,
    Libp2pHost host,
    IOptions<SyncOptions> options,
    TimeProvider time,
    ILogger<SyncRunner> logger) : IGatewaySync, IDisposable
{
    private const int Steps = 1_000;

    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxRetry = TimeSpan.FromSeconds(15);

    /// <summary>The least time between two runs that a partner has by coming back: one that comes and goes has no more of them.</summary>
    internal static readonly TimeSpan MinReturn = TimeSpan.FromSeconds(5);

    private readonly ILogger _logger = logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<string, PartnerBell> _bells = partners.All.ToDictionary(partner => partner.PeerId, _ => new PartnerBell());
    private Task _running = Task.CompletedTask;

    /// <inheritdoc/>
    public SyncDescription Describe() => new(host.LocalPeer.ToString(), [.. partners.All.Select(partner => partner.Description)], protocol.Served);

    /// <inheritdoc/>
    public bool TryBegin(string? partner)
    {
        if (partner is not null)
        {
            return _bells.TryGetValue(partner, out var bell) && bell.Ring();
        }

        foreach (var each in _bells.Values)
        {
            each.Ring();
        }

        return true;
    }

    /// <summary>Runs from now on.</summary>
    public void Start()
    {
        if (partners.All.Count > 0)
        {
            _running = Task.WhenAll([.. partners.All.Select(partner => Task.Run(() => GoOnAsync(partner))), Task.Run(WatchAsync)]);
        }
    }

    /// <summary>Ends runs that are under way.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc/>
    public void Dispose() => _stop.Dispose();

    private async Task WatchAsync()
    {
        using var events = host.Subscribe();
        Dictionary<string, DateTimeOffset> next = [];
        try
        {
            await foreach (var happened in events.WithCancellation(_stop.Token).ConfigureAwait(false))
            {
                // A run that is under way may have opened it itself.
                if (happened is PeerEvent.ConnectionOpened { IsFirst: true } opened
                    && partners.Find(opened.Connection.RemotePeer) is { Description.IsRunning: false } partner)
                {
                    var now = time.GetUtcNow();
                    var at = next.GetValueOrDefault(partner.PeerId);
                    if (at <= now)
                    {
                        next[partner.PeerId] = now + MinReturn;
                        TryBegin(partner.PeerId);
                    }
                    else if (at - now <= MinReturn)
                    {
                        // One that waits serves all that come until then.
                        next[partner.PeerId] = at + MinReturn;
                        BeginLaterAsync(partner.PeerId, at - now).Ignore();
                    }
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The silo stops.
        }
    }

    private async Task BeginLaterAsync(string partner, TimeSpan wait)
    {
        await Task.Delay(wait, time, _stop.Token).ConfigureAwait(false);
        TryBegin(partner);
    }

    private async Task GoOnAsync(SyncPartner partner)
    {
        var bell = _bells[partner.PeerId];
        var failures = 0;
        while (!_stop.IsCancellationRequested)
        {
            bell.Silence();
            failures = await RunOnceAsync(partner).ConfigureAwait(false) ? 0 : failures + 1;
            await bell.WaitAsync(DelayAfter(failures), time, _stop.Token).ConfigureAwait(false);
        }
    }

    private TimeSpan DelayAfter(int failures)
    {
        var delay = options.Value.Period;
        if (failures > 0)
        {
            var retry = TimeSpan.FromTicks(Math.Min(FirstRetry.Ticks << Math.Min(failures - 1, 16), MaxRetry.Ticks));
            delay = retry < delay ? retry : delay;
        }

        // So that partners that started together do not go on together.
        return delay * (0.9 + (RandomNumberGenerator.GetInt32(Steps) / (5d * Steps)));
    }

    private async Task<bool> RunOnceAsync(SyncPartner partner)
    {
        var (ranAt, started) = (time.GetUtcNow(), time.GetTimestamp());
        IReadOnlyList<SyncShardRun> shards = [];
        string? fault = null;
        try
        {
            shards = await run.RunAsync(partner, _stop.Token).ConfigureAwait(false);
            fault = shards.Select(shard => shard.Fault).FirstOrDefault(each => each is not null);
        }
        catch (Libp2pException failure)
        {
            fault = failure.Message;
        }
        catch (Exception) when (_stop.IsCancellationRequested)
        {
            fault = "The silo stops.";
        }
        catch (Exception failure)
        {
            fault = failure.Message;
            LogFailed(failure, partner.PeerId);
        }

        var isEqual = fault is null && shards.All(shard => shard.IsExact && shard.Pulled == shard.Needs && shard.Given == shard.Haves);
        if (fault is not null && partner.Description is { Fault: null })
        {
            LogFault(partner.PeerId, fault);
        }

        partner.Change(told => told with
        {
            IsRunning = false,
            Runs = told.Runs + 1,
            RanAt = ranAt,
            Duration = time.GetElapsedTime(started),
            EqualAt = isEqual ? ranAt : told.EqualAt,
            Fault = fault,
            Shards = [.. shards],
            TotalGiven = told.TotalGiven + shards.Sum(shard => shard.Given),
            TotalBytes = told.TotalBytes + shards.Sum(shard => shard.FindingBytes + shard.TransferBytes),
        });
        return fault is null;
    }

    [LoggerMessage(1, LogLevel.Warning, "Shards cannot be reconciled with {Partner} now: {Fault}")]
    private partial void LogFault(string partner, string fault);

    [LoggerMessage(2, LogLevel.Error, "A run with {Partner} failed.")]
    private partial void LogFailed(Exception failure, string partner);
}
