using DChat.Abstractions.Log;
using DChat.Storage.Log.Local;
using Microsoft.Extensions.DependencyInjection;

namespace DChat.Storage.Hosting;

/// <summary>Registers the local shard log.</summary>
public static class LocalShardLogExtensions
{
    /// <summary>Keeps the shards' messages in a local data directory: the one <see cref="IShardLog"/> of the process.</summary>
    /// <param name="services">Where to register it.</param>
    /// <param name="configure">Sets the options; a value out of its range stops the process at start.</param>
    public static IServiceCollection AddLocalShardLog(this IServiceCollection services, Action<LocalShardLogOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<LocalShardLogOptions>().Configure(configure);
        return services;
    }
}
