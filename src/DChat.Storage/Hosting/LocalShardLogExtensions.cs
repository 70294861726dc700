using DChat.Core.Shards;
using DChat.Storage.Files;
using DChat.Storage.Log.Local;
using DChat.Storage.Segments;
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
    /// when it starts and does not start without it; disposing of the host closes it. When a write fails for good the host is
    /// stopped, since only a new process can open the log again; <see cref="LocalShardLog.Failure"/> then says why.
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
            services.GetService<IFileSystem>() ?? new PhysicalFileSystem(),
            services.GetService<ILogger<LocalShardLog>>()));
        services.AddSingleton<ISegmentStore>(static services => new LocalSegmentStore(
            services.GetRequiredService<IOptions<LocalShardLogOptions>>().Value,
            services.GetRequiredService<IShardLog>().Id,
            services.GetService<IFileSystem>() ?? new PhysicalFileSystem()));
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
        public async Task StartAsync(CancellationToken cancellationToken)
        {
            var log = await Task.Run(() => services.GetRequiredService<IShardLog>(), cancellationToken).ConfigureAwait(false);
            if (log is LocalShardLog local && services.GetService<IHostApplicationLifetime>() is { } lifetime)
            {
                _ = StopWhenFailedAsync(local, lifetime);
            }
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        private static async Task StopWhenFailedAsync(LocalShardLog log, IHostApplicationLifetime lifetime)
        {
            await log.Failed.ConfigureAwait(false);
            lifetime.StopApplication();
        }
    }
}
