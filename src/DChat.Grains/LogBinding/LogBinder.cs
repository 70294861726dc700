using DChat.Abstractions.Grains;
using DChat.Core;
using DChat.Core.Shards;
using DChat.Core.Topics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Storage;

namespace DChat.Grains.LogBinding;

/// <summary>
/// Binds the cluster to this core's log, or stops the start; all before the silo becomes an active member, so that no shard
/// opens here without it. Who joins others asks them: no grain is placed here yet, so the answer comes out of the state of
/// the cluster that is there. The first has nobody to ask and binds in its own state, before anybody can ask it.
/// </summary>
internal sealed class LogBinder(
    IGrainFactory grains,
    IShardLog log,
    [FromKeyedServices(LogBindingState.Storage)] IGrainStorage state,
    IClusterMembershipService membership,
    ILocalSiloDetails silo,
    IOptions<DevelopmentClusterMembershipOptions> machine,
    IOptions<NetworkOptions> network,
    TimeProvider time) : ILifecycleParticipant<ISiloLifecycle>
{
    private const int BeforeActive = ServiceLifecycleStage.BecomeActive - 1;
    private const int Attempts = 10;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private ILogBindingGrain Binding => grains.GetGrain<ILogBindingGrain>(GrainKeys.LogBinding(network.Value.Network));

    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(nameof(LogBinder), BeforeActive, BindAsync);

    private async Task BindAsync(CancellationToken cancellationToken)
    {
        if (machine.Value.PrimarySiloEndpoint is { } primary && !silo.SiloAddress.Endpoint.Equals(primary))
        {
            // This core may start before the primary. If it bound the cluster to its log alone, the core with the right log would be
            // refused later.
            await WaitForOthersAsync(cancellationToken);
        }

        var bound = await TryBindAsync(cancellationToken);
        if (bound != log.Id)
        {
            throw new DChatException(
                "log-mismatch",
                $"The cluster keeps its messages in log {bound}, and this silo has log {log.Id}: a core must have the cluster's own "
                + "data directory, or container. Start it there, or as a cluster of its own.");
        }
    }

    // An attempt may fail because the silo that was asked has just died: the next one asks another, or finds that none is
    // left. When two first cores write one state, the later write fails: the next attempt reads the log of the other.
    private async Task<LogId> TryBindAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return HasOthers(membership.CurrentSnapshot) ? await Binding.BindAsync(log.Id).WaitAsync(cancellationToken) : await BindInStateAsync();
            }
            catch (Exception e) when (MayPass(e) && !cancellationToken.IsCancellationRequested && attempt < Attempts)
            {
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
    }

    private async Task<LogId> BindInStateAsync()
    {
        var grain = Binding.GetGrainId();
        var record = new GrainState<LogBindingState>(new LogBindingState());
        await state.ReadStateAsync(LogBindingState.Name, grain, record);
        if (!record.RecordExists)
        {
            record.State = new LogBindingState { Log = log.Id.Value };
            await state.WriteStateAsync(LogBindingState.Name, grain, record);
        }

        return new LogId(record.State!.Log);
    }

    private async Task WaitForOthersAsync(CancellationToken cancellationToken)
    {
        await foreach (var snapshot in membership.MembershipUpdates.WithCancellation(cancellationToken))
        {
            if (HasOthers(snapshot))
            {
                return;
            }
        }
    }

    private bool HasOthers(ClusterMembershipSnapshot snapshot) => snapshot.Members.Values.Any(
        member => member.Status == SiloStatus.Active && !member.SiloAddress.Equals(silo.SiloAddress));

    private static bool MayPass(Exception failure) => GrainFaults.MayPass(failure) || failure is DChatException { IsTransient: true };
}
