using Orleans.Storage;

namespace DChat.Storage.State.Sqlite;

/// <summary>Options of one named <see cref="SqliteGrainStorage"/>.</summary>
public sealed class SqliteGrainStorageOptions : IStorageProviderSerializerOptions
{
    /// <summary>The least <see cref="BusyTimeout"/>.</summary>
    public static readonly TimeSpan MinBusyTimeout = TimeSpan.FromSeconds(1);

    /// <summary>The most <see cref="BusyTimeout"/>.</summary>
    public static readonly TimeSpan MaxBusyTimeout = TimeSpan.FromSeconds(60);

    /// <summary>
    /// The database file; required. Its folder is created if need be. Storages of other names and other processes on the
    /// same machine may share the file; it must be on a local disk.
    /// </summary>
    public string Path { get; set; } = "";

    /// <summary>How long an operation waits for another process to release the file. 1 to 60 s, 5 s by default.</summary>
    public TimeSpan BusyTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How states become bytes. By default the <see cref="IGrainStorageSerializer"/> registered under the storage's name,
    /// or else the silo's.
    /// </summary>
    public IGrainStorageSerializer GrainStorageSerializer { get; set; } = null!;
}
