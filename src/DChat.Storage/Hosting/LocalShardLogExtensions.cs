using DChat.Core.Shards;
using DChat.Storage.Log.Local;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DChat.Storage.Hosting;

/// <summary>Registers the local shard log.</summary>
public static class LocalShardLogExtensions
{
    /// <summary>
    /// Keeps the shards' messages in a local data directory: the one <see cref="IShardLog"/> of the process. The host opens it
    /// when it starts and does not start without it; disposing of the host closes it.
    /// </summary>
    /// <param name="services">Where to register it; before Orleans, so that it is open before the first grain.</param>
    /// <param name="configure">Sets the options; a value out of its range stops the process at start.</param>
    public static IServiceCollection AddLocalShardLog(this IServiceCollection services, Action<LocalShardLogOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<LocalShardLogOptions>().Configure(configure).ValidateOnStart();
        services.AddSingleton<IValidateOptions<LocalShardLogOptions>, LocalShardLogOptionsValidator>();
        services.AddSingleton<IShardLog>(static services => LocalShardLog.Open(
            services.GetRequiredService<IOptions<LocalShardLogOptions>>().Value,
            services.GetService<ILogger<LocalShardLog>>()));
        services.AddHostedService<LocalShardLogStarter>();
        return services;
    }

    private sealed class LocalShardLogOptionsValidator : IValidateOptions<LocalShardLogOptions>
    {
        public ValidateOptionsResult Validate(string? name, LocalShardLogOptions options) =>
            options.Problem() is { } problem ? ValidateOptionsResult.Fail(problem) : ValidateOptionsResult.Success;
    }

    // Recovery belongs to the start of the process, not to the first grain call.
    private sealed class LocalShardLogStarter(IServiceProvider services) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) =>
            Task.Run(() => services.GetRequiredService<IShardLog>(), cancellationToken);

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
