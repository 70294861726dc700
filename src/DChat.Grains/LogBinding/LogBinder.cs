using DChat.Abstractions.Grains;
using DChat.Core;
using DChat.Core.Shards;
using DChat.Core.Topics;
using Microsoft.Extensions.Options;

namespace DChat.Grains.LogBinding;

/// <summary>
/// Binds the cluster to this core's log, or stops the start. A silo that joins others asks before it becomes an active
/// member: until then no grain is placed here, so the answer comes out of the state of the cluster that is there. The
/// first silo can only ask itself, once it is active; no shard opens before the answer, see <see cref="Bound"/>.
/// </summary>
internal sealed class LogBinder(
    IGrainFactory grains, IShardLog log, ISiloStatusOracle silos, IOptions<NetworkOptions> network, TimeProvider time)
    : ILifecycleParticipant<ISiloLifecycle>
{
    private const int BeforeActive = ServiceLifecycleStage.BecomeActive - 1;
    private const int Attempts = 10;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly TaskCompletionSource _bound = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the cluster is known to keep its messages in this core's log; never, when it does not.</summary>
    public Task Bound => _bound.Task;

    public void Participate(ISiloLifecycle lifecycle)
    {
        lifecycle.Subscribe(nameof(LogBinder), BeforeActive, ct => HasOthers() ? BindAsync(HasOthers, ct) : Task.CompletedTask);
        lifecycle.Subscribe(nameof(LogBinder), ServiceLifecycleStage.Active, ct => Bound.IsCompleted ? Task.CompletedTask : BindAsync(() => true, ct));
    }

    private bool HasOthers() => silos.GetApproximateSiloStatuses(onlyActive: true).Keys.Any(silo => !silo.Equals(silos.SiloAddress));

    private async Task BindAsync(Func<bool> goOn, CancellationToken cancellationToken)
    {
        if (await AskAsync(goOn, cancellationToken) is not { } bound)
        {
            return;
        }

        if (bound != log.Id)
        {
            throw new DChatException(
                "log-mismatch",
                $"The cluster keeps its messages in log {bound}, and this silo's data directory holds log {log.Id}: a core must "
                + "have the cluster's own data directory. Start it there, or as a cluster of its own.");
        }

        _bound.TrySetResult();
    }

    // A silo that has just died may still be asked; the next attempt finds another, or that none is left.
    private async Task<LogId?> AskAsync(Func<bool> goOn, CancellationToken cancellationToken)
    {
        for (var attempt = 1; goOn(); attempt++)
        {
            try
            {
                return await grains.GetGrain<ILogBindingGrain>(GrainKeys.LogBinding(network.Value.Network))
                    .BindAsync(log.Id).WaitAsync(cancellationToken);
            }
            catch (Exception e) when (GrainFaults.MayPass(e) && !cancellationToken.IsCancellationRequested && attempt < Attempts)
            {
                await Task.Delay(Pause, time, cancellationToken);
            }
        }

        return null;
    }
}
