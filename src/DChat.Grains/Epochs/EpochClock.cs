using DChat.Abstractions.Grains;
using DChat.Abstractions.Placement;
using DChat.Core.Segments;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Grains.Placement;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DChat.Grains.Epochs;

/// <summary>
/// Has the shards of a core silo seal their messages when an epoch has ended. Every poke may be repeated: a shard that failed is poked
/// again at the next tick, one that got messages late when the next epoch has ended, and one that has nothing open is left asleep.
/// </summary>
internal sealed partial class EpochClock(
    IServiceProvider services,
    LocalSiloRole local,
    IGrainFactory grains,
    IOptions<NetworkOptions> network,
    IOptions<EpochOptions> options,
    TimeProvider time,
    ILogger<EpochClock> logger) : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    // Sealing reads and writes all that an epoch has: two shards at once keep a disk busy without keeping others from it.
    private const int AtOnce = 2;
    private const int TicksPerEpoch = 20;
    private static readonly TimeSpan MaxPeriod = TimeSpan.FromMinutes(1);

    private readonly ILogger _logger = logger;
    private readonly Dictionary<ShardId, EpochId> _sealed = [];
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    /// <inheritdoc/>
    public void Participate(ISiloLifecycle lifecycle)
    {
        if (local.Role.IncludesCore())
        {
            lifecycle.Subscribe(nameof(EpochClock), ServiceLifecycleStage.Active, StartAsync, StopAsync);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _stop.Dispose();

    private TimeSpan Period => TimeSpan.FromTicks(Math.Min(MaxPeriod.Ticks, options.Value.Length.Ticks / TicksPerEpoch));

    private Task StartAsync(CancellationToken cancellationToken)
    {
        _running = Task.Run(RunAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    private async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                await SealAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // The silo stops.
        }
    }

    private async Task SealAsync()
    {
        var (epoch, end) = options.Value.LastEnded(time.GetUtcNow());
        var due = services.GetRequiredService<IShardLog>().Unreleased.Where(shard => !_sealed.TryGetValue(shard, out var last) || last != epoch).ToList();
        await Parallel.ForEachAsync(due, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = _stop.Token }, async (shard, _) =>
        {
            try
            {
                await grains.GetGrain<ISyncShardGrain>(GrainKeys.Shard(network.Value.Network, shard)).SealAsync(epoch, end).WaitAsync(_stop.Token);
                lock (_sealed)
                {
                    _sealed[shard] = epoch;
                }
            }
            catch (Exception e) when (!_stop.IsCancellationRequested)
            {
                LogFailed(shard, epoch.Value, e);
            }
        });
    }

    [LoggerMessage(1, LogLevel.Warning, "Shard {Shard} could not be sealed for epoch {Epoch}; it is tried again.")]
    private partial void LogFailed(ShardId shard, ulong epoch, Exception exception);
}
