namespace DChat.Storage.State.Sqlite;

/// <summary>Refuses to start a silo whose SQLite storage is misconfigured.</summary>
internal sealed class SqliteGrainStorageOptionsValidator(SqliteGrainStorageOptions options, string name) : IConfigurationValidator
{
    public void ValidateConfiguration()
    {
        if (string.IsNullOrWhiteSpace(options.Path))
        {
            throw new OrleansConfigurationException(
                $"{nameof(SqliteGrainStorageOptions.Path)} of grain storage '{name}' is empty; it must name the database file.");
        }

        if (options.BusyTimeout < SqliteGrainStorageOptions.MinBusyTimeout || options.BusyTimeout > SqliteGrainStorageOptions.MaxBusyTimeout)
        {
            throw new OrleansConfigurationException(
                $"{nameof(SqliteGrainStorageOptions.BusyTimeout)} of grain storage '{name}' is {options.BusyTimeout.TotalSeconds} s; it must be "
                + $"{SqliteGrainStorageOptions.MinBusyTimeout.TotalSeconds} to {SqliteGrainStorageOptions.MaxBusyTimeout.TotalSeconds} s.");
        }
    }
}
