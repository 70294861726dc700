using DChat.Silo.Configuration;
using DChat.Storage.Hosting;
using Orleans.Persistence;
using Orleans.Storage;

namespace DChat.Silo.Providers;

/// <summary>Grain state where <see cref="StorageOptions"/> say: in a file of ours, or with Orleans' own providers.</summary>
internal static class StateProviders
{
    /// <summary>The storages that DChat's grains and Orleans' streams ask for.</summary>
    public static IReadOnlyList<string> Names { get; } = ["dchat", "PubSubStore"];

    /// <summary>Adds both storages.</summary>
    public static ISiloBuilder AddState(this ISiloBuilder silo, SiloConfiguration configuration)
    {
        foreach (var name in Names)
        {
            switch (configuration.Storage.State)
            {
                case Provider.Azure:
                    silo.AddAzureState(name, configuration.Azure);
                    break;
                case Provider.Redis:
                    silo.AddRedisState(name, configuration.Redis);
                    break;
                default:
                    silo.AddSqliteGrainStorage(name, storage => storage.Path = Path.Combine(configuration.Silo.DataDirectory, "state.db"));
                    break;
            }
        }

        return silo;
    }

    private static void AddAzureState(this ISiloBuilder silo, string name, AzureOptions azure)
    {
        silo.AddAzureBlobGrainStorage(name, storage =>
        {
            storage.BlobServiceClient = AzureAccount.Blobs(azure);
            storage.ContainerName = azure.Container;
        });
        silo.Translate(name, AzureBlobGrainStorageFactory.Create);
    }

    private static void AddRedisState(this ISiloBuilder silo, string name, RedisOptions redis)
    {
        // Cleared state is removed, as the blobs and our file do.
        silo.AddRedisGrainStorage(name, storage =>
        {
            storage.ConfigurationOptions = redis.Connect();
            storage.DeleteStateOnClear = true;
        });
        silo.Translate(name, RedisGrainStorageFactory.Create);
    }

    // Of several registrations under a name the last one counts.
    private static void Translate(this ISiloBuilder silo, string name, Func<IServiceProvider, string, IGrainStorage> create) =>
        silo.Services.AddKeyedSingleton<IGrainStorage>(name, (services, _) => new TranslatingGrainStorage(name, create(services, name)));
}
