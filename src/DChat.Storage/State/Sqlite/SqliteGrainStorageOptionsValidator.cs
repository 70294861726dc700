using DChat.Core;

namespace DChat.Storage.State.Sqlite;

/// <summary>Refuses to start a silo whose SQLite storage is misconfigured.</summary>
internal sealed class SqliteGrainStorageOptionsValidator(SqliteGrainStorageOptions options, string name) : IConfigurationValidator
{
    public void ValidateConfiguration()
    {
        OptionRange.Require(!string.IsNullOrWhiteSpace(options.Path), NameOf(nameof(options.Path)), $"'{options.Path}'", "the path of the database file");
        OptionRange.Check(
            NameOf(nameof(options.BusyTimeout)), options.BusyTimeout, SqliteGrainStorageOptions.MinBusyTimeout, SqliteGrainStorageOptions.MaxBusyTimeout);
    }

    private string NameOf(string option) => $"{option} of grain storage '{name}'";
}
