using DChat.Abstractions.Grains;
using DChat.Abstractions.Hosting;
using DChat.Abstractions.Streams;
using DChat.Client.Cluster;
using DChat.Client.Devices;
using DChat.Client.Identities;
using DChat.Client.Operators;
using DChat.Client.Telemetry;
using DChat.Feeds.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace DChat.Client.Hosting;

/// <summary>Registers the client.</summary>
public static class DChatClientServiceCollectionExtensions
{
    /// <summary>
    /// Registers <see cref="IDChatClient"/>, <see cref="IDChatDevices"/> and <see cref="IDChatOperator"/> over the Orleans client of the container: inside a silo that is the silo's own,
    /// elsewhere use <see cref="DChatClientBuilderExtensions.UseDChatClient"/>, which calls this. A registered
    /// <see cref="IDeviceStore"/> or <see cref="TimeProvider"/> is used in place of the default.
    /// </summary>
    /// <param name="services">The container.</param>
    /// <param name="configure">Sets options; called once for each call of this method.</param>
    /// <exception cref="OptionsValidationException">Thrown at start when an option is out of its range; names it and the range.</exception>
    public static IServiceCollection AddDChatClient(this IServiceCollection services, Action<DChatClientOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = services.AddValidatedOptions<DChatClientOptions>(client => client.Validate());
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddSingleton(TimeProvider.System);
        services.AddShardFeeds(provider => provider.GetRequiredService<IOptions<DChatClientOptions>>().Value.ToFeedOptions());
        services.TryAddSingleton(CreateDeviceStore);
        services.TryAddSingleton<ICluster>(provider => new OrleansCluster(
            provider.GetRequiredService<IClusterClient>(),
            provider.GetRequiredService<IOptions<DChatClientOptions>>().Value.OperatorToken));
        services.TryAddSingleton<IDChatClient>(provider => new DChatClient(
            provider.GetRequiredService<ICluster>(),
            provider.GetRequiredService<IShardFeeds>(),
            provider.GetRequiredService<IDeviceStore>(),
            provider.GetRequiredService<IdentityBook>(),
            provider.GetRequiredService<IOptions<DChatClientOptions>>().Value,
            provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton(CreateIdentityStore);
        services.TryAddSingleton(CreateIdentityBook);
        services.TryAddSingleton<IDChatDevices>(provider => new DChatDevices(
            provider.GetRequiredService<IDChatClient>(),
            provider.GetRequiredService<ICluster>(),
            provider.GetRequiredService<IDeviceStore>().Device,
            provider.GetRequiredService<IIdentityStore>(),
            provider.GetRequiredService<IdentityBook>(),
            provider.GetRequiredService<IOptions<DChatClientOptions>>().Value,
            provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<IDChatOperator>(provider => new DChatOperator(
            provider.GetRequiredService<ICluster>(),
            provider.GetRequiredService<IOptions<DChatClientOptions>>().Value,
            provider.GetRequiredService<TimeProvider>()));
        return services;
    }

    private static IIdentityStore CreateIdentityStore(IServiceProvider services) =>
        services.GetRequiredService<IDeviceStore>() is DChatHome home ? home.Identities : new MemoryIdentityStore();

    private static IdentityBook CreateIdentityBook(IServiceProvider services)
    {
        var options = services.GetRequiredService<IOptions<DChatClientOptions>>().Value;
        var time = services.GetRequiredService<TimeProvider>();
        return new IdentityBook(
            services.GetRequiredService<ICluster>(),
            services.GetRequiredService<IIdentityStore>(),
            new RetryPolicy(time, options.CallTimeout, () => ClientInstruments.Retries.Add(1)),
            time,
            options.RetryTimeout);
    }

    private static IDeviceStore CreateDeviceStore(IServiceProvider services) =>
        services.GetRequiredService<IOptions<DChatClientOptions>>().Value.Home is { } home
            ? DChatHome.Open(home, services.GetRequiredService<TimeProvider>())
            : new InMemoryDeviceStore();
}
