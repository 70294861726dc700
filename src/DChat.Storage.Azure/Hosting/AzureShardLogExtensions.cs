using Azure.Storage.Blobs;
using DChat.Core;
using DChat.Core.Shards;
using DChat.Storage.Azure.Log;
using DChat.Storage.Azure.Segments;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DChat.Storage.Azure.Hosting;

/// <summary>Registers the shard log in Azure Storage.</summary>
public static class AzureShardLogExtensions
{
    /// <summary>
    /// Keeps the shards' messages in append blobs: the one <see cref="IShardLog"/> of the process, which other silos may have open as well.
    /// The host opens it when it starts and does not start without it. Sealed segments are in the same container.
    /// </summary>
    /// <param name="services">Where to register it; before Orleans, so that it is open before the first grain.</param>
    /// <param name="configure">Sets the options; a value out of its range stops the process at start.</param>
    /// <param name="connect">Makes the client of the account, with these options.</param>
    public static IServiceCollection AddAzureShardLog(
        this IServiceCollection services, Action<AzureShardLogOptions> configure, Func<BlobClientOptions, BlobServiceClient> connect)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<AzureShardLogOptions>().Configure(configure).ValidateOnStart();
        services.AddSingleton<IValidateOptions<AzureShardLogOptions>, AzureShardLogOptionsValidator>();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IShardLog>(services => Task.Run(() => AzureShardLog.OpenAsync(
            services.GetRequiredService<IOptions<AzureShardLogOptions>>().Value,
            connect,
            services.GetRequiredService<TimeProvider>(),
            services.GetService<ILogger<AzureShardLog>>(),
            CancellationToken.None)).GetAwaiter().GetResult());
        services.AddSingleton<ISegmentStore>(static services => new AzureSegmentStore((AzureShardLog)services.GetRequiredService<IShardLog>()));
        services.AddHostedService<AzureShardLogStarter>();
        return services;
    }

    private sealed class AzureShardLogOptionsValidator : IValidateOptions<AzureShardLogOptions>
    {
        public ValidateOptionsResult Validate(string? name, AzureShardLogOptions options)
        {
            try
            {
                options.Validate();
                return ValidateOptionsResult.Success;
            }
            catch (DChatException fault)
            {
                return ValidateOptionsResult.Fail(fault.Message);
            }
        }
    }

    // A log that cannot be used belongs to the start of the process, not to the first grain call.
    private sealed class AzureShardLogStarter(IServiceProvider services) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) =>
            Task.Run(() => services.GetRequiredService<IShardLog>(), cancellationToken);

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
