using DChat.Storage.State.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Runtime.Hosting;
using Orleans.Serialization.Serializers;
using Orleans.Storage;

namespace DChat.Storage.Hosting;

/// <summary>Adds grain storage in a SQLite file to a silo.</summary>
public static class SqliteGrainStorageSiloBuilderExtensions
{
    /// <summary>Adds a grain storage named <paramref name="name"/>. Several names may share a file.</summary>
    public static ISiloBuilder AddSqliteGrainStorage(this ISiloBuilder builder, string name, Action<SqliteGrainStorageOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddOptions<SqliteGrainStorageOptions>(name).Configure(configure);
        builder.Services.ConfigureNamedOptionForLogging<SqliteGrainStorageOptions>(name);
        builder.Services.AddTransient<IPostConfigureOptions<SqliteGrainStorageOptions>, DefaultStorageProviderSerializerOptionsConfigurator<SqliteGrainStorageOptions>>();
        builder.Services.AddTransient<IConfigurationValidator>(services => new SqliteGrainStorageOptionsValidator(Options(services, name), name));
        builder.Services.AddGrainStorage(
            name, static (services, name) => new SqliteGrainStorage(name, Options(services, name), services.GetRequiredService<IActivatorProvider>()));
        return builder;
    }

    private static SqliteGrainStorageOptions Options(IServiceProvider services, string name) =>
        services.GetRequiredService<IOptionsMonitor<SqliteGrainStorageOptions>>().Get(name);
}
