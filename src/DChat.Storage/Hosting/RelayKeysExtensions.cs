using DChat.Storage.Keys;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DChat.Storage.Hosting;

/// <summary>Registers the keys of a gateway.</summary>
public static class RelayKeysExtensions
{
    /// <summary>
    /// Keeps the keys of relay and gateway in the data directory: the one <see cref="RelayKeys"/> of the process. The host opens
    /// them when it starts and does not start without them; disposing of the host releases the gateway's name.
    /// </summary>
    /// <param name="services">Where to register it; before what needs the keys.</param>
    /// <param name="configure">Sets the options.</param>
    public static IServiceCollection AddRelayKeys(this IServiceCollection services, Action<RelayKeysOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<RelayKeysOptions>().Configure(configure);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(static services => RelayKeys.Open(
            services.GetRequiredService<IOptions<RelayKeysOptions>>().Value,
            services.GetRequiredService<TimeProvider>(),
            services.GetService<ILogger<RelayKeys>>()));
        services.AddHostedService<RelayKeysStarter>();
        return services;
    }

    // A bad key belongs to the start of the process, not to the first peer.
    private sealed class RelayKeysStarter(IServiceProvider services) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) =>
            Task.Run(() => services.GetRequiredService<RelayKeys>(), cancellationToken);

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
