namespace DChat.Cluster.Tests.LogBinding;

/// <summary>
/// Two silos that start at once, in the worst order: the second joins when the first has just become active, and the first
/// gets no further before the second is up or has been turned away.
/// </summary>
internal sealed class JoiningRace
{
    private readonly TaskCompletionSource _secondIsThrough = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static bool IsFirst(ILocalSiloDetails silo) => silo.Name.EndsWith("_0", StringComparison.Ordinal);

    public ILifecycleParticipant<ISiloLifecycle> ParticipantOf(ILocalSiloDetails silo, IClusterMembershipService membership) =>
        IsFirst(silo) ? new First(_secondIsThrough.Task) : new Second(_secondIsThrough, silo, membership);

    private sealed class First(Task secondIsThrough) : ILifecycleParticipant<ISiloLifecycle>
    {
        // Runs beside what makes the silo active, and holds up what comes after.
        public void Participate(ISiloLifecycle lifecycle) =>
            lifecycle.Subscribe(nameof(First), ServiceLifecycleStage.BecomeActive, cancel => secondIsThrough.WaitAsync(cancel));
    }

    private sealed class Second(TaskCompletionSource isThrough, ILocalSiloDetails silo, IClusterMembershipService membership)
        : ILifecycleParticipant<ISiloLifecycle>
    {
        public void Participate(ISiloLifecycle lifecycle)
        {
            lifecycle.Subscribe(nameof(Second), ServiceLifecycleStage.AfterRuntimeGrainServices + 1, WaitForFirstAsync, End);
            lifecycle.Subscribe(nameof(Second), ServiceLifecycleStage.Active, End);
        }

        private async Task WaitForFirstAsync(CancellationToken cancellationToken)
        {
            await foreach (var snapshot in membership.MembershipUpdates.WithCancellation(cancellationToken))
            {
                if (snapshot.Members.Values.Any(member => member.Status == SiloStatus.Active && !member.SiloAddress.Equals(silo.SiloAddress)))
                {
                    return;
                }
            }
        }

        private Task End(CancellationToken cancellationToken)
        {
            isThrough.TrySetResult();
            return Task.CompletedTask;
        }
    }
}
