using DChat.Core;
using Orleans.Serialization.Serializers;
using Orleans.Storage;

namespace DChat.Storage.State.Sqlite;

/// <summary>
/// Grain state in a SQLite file, for a node that runs on one machine. A write is durable when it completes. Clearing
/// removes the record and leaves a null ETag, as the official blob provider does by default.
/// </summary>
public sealed class SqliteGrainStorage : IGrainStorage, ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    private readonly string _name;
    private readonly IGrainStorageSerializer _serializer;
    private readonly IActivatorProvider _activators;
    private readonly SqliteStateFile _file;

    /// <summary>A storage over <see cref="SqliteGrainStorageOptions.Path"/>; opens the file when the silo starts, or at first use.</summary>
    /// <param name="name">The storage's name, such as <c>dchat</c>; separates its states from those of others in the file.</param>
    /// <param name="options">Validated options.</param>
    /// <param name="activators">Make the state of a grain that has none.</param>
    public SqliteGrainStorage(string name, SqliteGrainStorageOptions options, IActivatorProvider activators)
    {
        ArgumentNullException.ThrowIfNull(options);
        _name = name;
        _serializer = options.GrainStorageSerializer;
        _activators = activators;
        _file = new SqliteStateFile(Path.GetFullPath(options.Path), options.BusyTimeout);
    }

    /// <inheritdoc/>
    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ReadStateAsync(stateName, grainId, grainState, CancellationToken.None);

    /// <inheritdoc/>
    /// <exception cref="DChatException">The file failed or is locked (<c>state-…</c>), or the state is not what the serializer wrote (<c>state-unreadable</c>).</exception>
    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(grainState);
        var key = KeyOf(stateName, grainId);
        var stored = await _file.ReadAsync(key, cancellationToken);
        var state = stored is null ? default : Deserialize<T>(key, stored.Payload);
        grainState.State = state ?? CreateState<T>();
        grainState.RecordExists = state is not null;
        grainState.ETag = stored?.ETag;
    }

    /// <inheritdoc/>
    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        WriteStateAsync(stateName, grainId, grainState, CancellationToken.None);

    /// <inheritdoc/>
    /// <exception cref="InconsistentStateException">The record changed since it was read; nothing was written.</exception>
    /// <exception cref="DChatException">The file failed or is locked (<c>state-…</c>).</exception>
    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(grainState);

        // Serialized before the first await: from there on an interleaved call may change the state. The ETag is random
        // because a counter would start again after a clear and match a stale one.
        var replacement = new StoredState(Guid.NewGuid().ToString("N"), _serializer.Serialize(grainState.State).ToArray());
        await _file.ReplaceAsync(KeyOf(stateName, grainId), ExpectedETag(grainState), replacement, cancellationToken);
        grainState.ETag = replacement.ETag;
        grainState.RecordExists = true;
    }

    /// <inheritdoc/>
    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ClearStateAsync(stateName, grainId, grainState, CancellationToken.None);

    /// <inheritdoc/>
    /// <exception cref="InconsistentStateException">The record changed since it was read; nothing was removed.</exception>
    /// <exception cref="DChatException">The file failed or is locked (<c>state-…</c>).</exception>
    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(grainState);
        await _file.ReplaceAsync(KeyOf(stateName, grainId), ExpectedETag(grainState), replacement: null, cancellationToken);
        grainState.State = CreateState<T>();
        grainState.ETag = null;
        grainState.RecordExists = false;
    }

    /// <summary>Opens the file while the silo starts, so that a bad one stops the start, and closes it when the silo has stopped.</summary>
    public void Participate(ISiloLifecycle observer) =>
        observer.Subscribe($"{nameof(SqliteGrainStorage)}-{_name}", ServiceLifecycleStage.RuntimeStorageServices, _file.OpenAsync, _ => Task.Run(Dispose, CancellationToken.None));

    /// <summary>Closes the file; operations fail from now on.</summary>
    public void Dispose() => _file.Dispose();

    private StateKey KeyOf(string stateName, GrainId grainId) => new(_name, stateName, grainId.ToString());

    private static string? ExpectedETag<T>(IGrainState<T> grainState) => string.IsNullOrEmpty(grainState.ETag) ? null : grainState.ETag;

    private T CreateState<T>() => _activators.GetActivator<T>().Create();

    private T? Deserialize<T>(StateKey key, byte[] payload)
    {
        try
        {
            return _serializer.Deserialize<T>(new BinaryData(payload));
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw new DChatException(
                "state-unreadable", $"State '{key.State}' of {key.Grain} in storage '{key.Storage}' cannot be read as {typeof(T)}: {e.Message}", inner: e);
        }
    }
}
