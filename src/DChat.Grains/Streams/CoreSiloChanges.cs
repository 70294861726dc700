using DChat.Abstractions.Placement;
using DChat.Abstractions.Streams;
using Orleans.Runtime.MembershipService.SiloMetadata;

namespace DChat.Grains.Streams;

/// <summary>Tells the feeds of a silo that a core silo has joined or left.</summary>
internal sealed class CoreSiloChanges(IClusterMembershipService membership, ISiloMetadataCache metadata)
    : IClusterChanges, ILifecycleParticipant<ISiloLifecycle>
{
    /// <inheritdoc/>
    public event Action? Changed;

    /// <inheritdoc/>
    public void Participate(ISiloLifecycle lifecycle)
    {
        var stop = new CancellationTokenSource();
        var watching = Task.CompletedTask;
        lifecycle.Subscribe(
            nameof(CoreSiloChanges),
            ServiceLifecycleStage.Active,
            _ =>
            {
                watching = Task.Run(() => WatchAsync(stop.Token), CancellationToken.None);
                return Task.CompletedTask;
            },
            async _ =>
            {
                await stop.CancelAsync();
                await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                stop.Dispose();
            });
    }

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        HashSet<SiloAddress> others = [];
        await foreach (var snapshot in membership.MembershipUpdates.WithCancellation(cancellationToken))
        {
            HashSet<SiloAddress> now = [.. snapshot.Members.Values.Where(member => member.Status == SiloStatus.Active).Select(member => member.SiloAddress)];
            var differing = now.Except(others).Concat(others.Except(now)).Any(MayBeCore);
            others = now;
            if (differing)
            {
                Changed?.Invoke();
            }
        }
    }

    // The metadata of a silo that has just joined arrives by a call: not to know it yet is no reason to miss the silo.
    private bool MayBeCore(SiloAddress silo) =>
        !SiloRoles.TryParse(metadata.GetSiloMetadata(silo).Metadata.GetValueOrDefault(SiloRoles.MetadataKey), out var role)
        || role.IncludesCore();
}
