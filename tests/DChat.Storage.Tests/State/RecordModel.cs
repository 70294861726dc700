using Orleans.Storage;

namespace DChat.Storage.Tests.State;

/// <summary>
/// What a record should do: it has a version, and whoever wants to change it must know the one it has. Applies operations
/// to a storage, as activations of one grain that do not know of each other, and compares.
/// </summary>
internal sealed class RecordModel(IGrainStorage storage, string stateName, GrainId grain, int activations)
{
    private readonly GrainState<ProbeState>[] _activations =
        [.. Enumerable.Range(0, activations).Select(_ => new GrainState<ProbeState>(new ProbeState()))];

    private string? _etag;
    private ProbeState? _state;
    private long _step;

    public Task ApplyAsync(int activation, RecordOperation operation) =>
        operation == RecordOperation.Read ? ReadAsync(_activations[activation]) : ChangeAsync(_activations[activation], operation);

    private async Task ReadAsync(GrainState<ProbeState> activation)
    {
        await storage.ReadStateAsync(stateName, grain, activation);

        Assert.Equal(_etag, activation.ETag);
        Assert.Equal(_state is not null, activation.RecordExists);
        Assert.Equal(_state ?? new ProbeState(), activation.State);
    }

    private async Task ChangeAsync(GrainState<ProbeState> activation, RecordOperation operation)
    {
        var knowsTheVersion = activation.ETag == _etag;
        var next = operation == RecordOperation.Write ? new ProbeState { Number = ++_step } : null;
        activation.State = next ?? new ProbeState();
        var change = next is not null
            ? storage.WriteStateAsync(stateName, grain, activation)
            : storage.ClearStateAsync(stateName, grain, activation);
        if (!knowsTheVersion)
        {
            await Assert.ThrowsAsync<InconsistentStateException>(() => change);
            return;
        }

        await change;
        (_etag, _state) = (activation.ETag, next);
    }
}
