using System.Collections.Concurrent;
using System.Text.Json;
using Orleans.Storage;

namespace DChat.Testing.State;

/// <summary>
/// Grain state of a cluster that outlives its silos, as it does on a disk. Orleans' own memory storage keeps it in grains,
/// so it is gone with the silo that happened to host them.
/// </summary>
public sealed class LastingGrainStorage : IGrainStorage
{
    private readonly ConcurrentDictionary<(string State, GrainId Grain), (string ETag, string Json)> _records = new();
    private int _writes;
    private int _failing;

    /// <summary>Makes the next write fail.</summary>
    public void FailNextWrite() => Interlocked.Exchange(ref _failing, 1);

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        grainState.RecordExists = _records.TryGetValue((stateName, grainId), out var record);
        grainState.ETag = record.ETag;
        grainState.State = grainState.RecordExists ? JsonSerializer.Deserialize<T>(record.Json)! : Activator.CreateInstance<T>();
        return Task.CompletedTask;
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        if (Interlocked.Exchange(ref _failing, 0) == 1)
        {
            throw new IOException("The disk is gone.");
        }

        var written = ($"{Interlocked.Increment(ref _writes)}", JsonSerializer.Serialize(grainState.State));
        var key = (stateName, grainId);
        var isMine = grainState.ETag is null
            ? _records.TryAdd(key, written)
            : _records.TryGetValue(key, out var stored) && stored.ETag == grainState.ETag && _records.TryUpdate(key, written, stored);
        if (!isMine)
        {
            throw new InconsistentStateException("Somebody else has written.");
        }

        (grainState.ETag, grainState.RecordExists) = (written.Item1, true);
        return Task.CompletedTask;
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        _records.TryRemove((stateName, grainId), out _);
        (grainState.ETag, grainState.RecordExists, grainState.State) = (null, false, Activator.CreateInstance<T>());
        return Task.CompletedTask;
    }
}
