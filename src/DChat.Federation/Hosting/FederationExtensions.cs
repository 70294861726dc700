using DChat.Abstractions.Grains;
using DChat.Abstractions.Hosting;
using DChat.Federation.Sync;
using DChat.Libp2p.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace DChat.Federation.Hosting;

/// <summary>Makes an edge reconcile its cluster's shards with those of other relays.</summary>
public static class FederationExtensions
{
    /// <summary>
    /// Adds <c>/dchat/sync/1</c>: the edge answers whoever asks, and runs with the partners that <see cref="SyncOptions"/> names. The silo must also
    /// have a gateway, whose libp2p host it uses; call it after that is added, so that runs end before the gateway stops.
    /// </summary>
    /// <param name="services">The silo's services.</param>
    public static IServiceCollection AddDChatFederation(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddValidatedOptions<SyncOptions>(options => options.Validate());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<SyncPartners>();
        services.TryAddSingleton<SyncCluster>();
        services.TryAddSingleton<SyncIntake>();
        services.TryAddSingleton<SyncProtocol>();
        services.TryAddSingleton<SyncRun>();
        services.TryAddSingleton<SyncRunner>();
        services.TryAddSingleton<IGatewaySync>(provider => provider.GetRequiredService<SyncRunner>());
        services.AddStreamHandler(SyncProtocol.Id, provider => provider.GetRequiredService<SyncProtocol>().ServeAsync, SyncLimits.Streams);
        services.AddSingleton<IHostedService>(provider => new FederationLifetime(provider));
        return services;
    }
}
