using DChat.Core;
using Orleans.Storage;

namespace DChat.Silo.Providers;

/// <summary>
/// A storage whose faults are DChat's: clients and other silos know none of the types of the libraries below, and cannot tell
/// from them what may pass.
/// </summary>
internal sealed class TranslatingGrainStorage(string name, IGrainStorage inner) : IGrainStorage, ILifecycleParticipant<ISiloLifecycle>
{
    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ReadStateAsync(stateName, grainId, grainState, CancellationToken.None);

    /// <exception cref="DChatException">The storage failed (<c>state-failed</c>).</exception>
    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken) =>
        TranslateAsync(() => inner.ReadStateAsync(stateName, grainId, grainState, cancellationToken), cancellationToken);

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        WriteStateAsync(stateName, grainId, grainState, CancellationToken.None);

    /// <exception cref="InconsistentStateException">The record changed since it was read; nothing was written.</exception>
    /// <exception cref="DChatException">The storage failed (<c>state-failed</c>); whether it has written is not known.</exception>
    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken) =>
        TranslateAsync(() => inner.WriteStateAsync(stateName, grainId, grainState, cancellationToken), cancellationToken);

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ClearStateAsync(stateName, grainId, grainState, CancellationToken.None);

    /// <exception cref="InconsistentStateException">The record changed since it was read; nothing was removed.</exception>
    /// <exception cref="DChatException">The storage failed (<c>state-failed</c>); whether it has removed is not known.</exception>
    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken) =>
        TranslateAsync(() => ClearAsync(stateName, grainId, grainState, cancellationToken), cancellationToken);

    public void Participate(ISiloLifecycle observer) => (inner as ILifecycleParticipant<ISiloLifecycle>)?.Participate(observer);

    // The emulator removes a blob whatever a condition without an ETag says; the service would refuse.
    private async Task ClearAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(grainState.ETag))
        {
            var stored = new GrainState<T>();
            await inner.ReadStateAsync(stateName, grainId, stored, cancellationToken);
            if (stored.RecordExists)
            {
                throw new InconsistentStateException("The state was written by another.", stored.ETag, grainState.ETag);
            }
        }

        await inner.ClearStateAsync(stateName, grainId, grainState, cancellationToken);
    }

    private async Task TranslateAsync(Func<Task> operation, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            await operation();
        }
        catch (Exception e) when (e is not InconsistentStateException && !cancellationToken.IsCancellationRequested)
        {
            var fault = ProviderFault.Of(e);
            throw new DChatException("state-failed", $"Grain storage '{name}' failed: {fault.Text}.", fault.IsTransient);
        }
    }
}
