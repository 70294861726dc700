using DChat.Abstractions.Hosting;
using DChat.Abstractions.Streams;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Streams;

namespace DChat.Feeds.Hosting;

/// <summary>Registers the feeds of a process.</summary>
public static class ShardFeedsExtensions
{
    /// <summary>
    /// Registers <see cref="IShardFeeds"/> over the Orleans client of the container: inside a silo that is the silo's own,
    /// elsewhere use <see cref="UseShardStreams"/> as well. Needs no device.
    /// </summary>
    /// <param name="services">The container.</param>
    /// <param name="configure">Sets options; called once for each call of this method.</param>
    /// <exception cref="OptionsValidationException">Thrown at start when an option is out of its range; names it and the range.</exception>
    public static IServiceCollection AddShardFeeds(this IServiceCollection services, Action<FeedOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = services.AddValidatedOptions<FeedOptions>(feeds => feeds.Validate());
        if (configure is not null)
        {
            options.Configure(configure);
        }

        return services.AddShardFeeds(provider => provider.GetRequiredService<IOptions<FeedOptions>>().Value);
    }

    /// <summary>As <see cref="AddShardFeeds(IServiceCollection, Action{FeedOptions}?)"/>, with options that the caller has checked.</summary>
    /// <param name="services">The container.</param>
    /// <param name="options">Called once, when the feeds are made.</param>
    public static IServiceCollection AddShardFeeds(this IServiceCollection services, Func<IServiceProvider, FeedOptions> options)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(options);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IShardFeeds>(provider => new ShardFeeds(
            new OrleansShardCluster(provider.GetRequiredService<IClusterClient>()),
            options(provider),
            provider.GetService<IClusterChanges>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<ShardFeeds>>()));
        return services;
    }

    /// <summary>Prepares an Orleans client outside the cluster for feeds.</summary>
    /// <param name="builder">The Orleans client.</param>
    public static IClientBuilder UseShardStreams(this IClientBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.AddPersistentStreams(
            ShardStreams.Provider,
            (_, name) => new SubscriberAdapterFactory(name),
            streams => streams.ConfigureStreamPubSub(StreamPubSubType.ExplicitGrainBasedOnly));
        var changes = new ConnectionChanges();
        builder.Services.TryAddSingleton<IClusterChanges>(changes);
        builder.AddGatewayCountChangedHandler((_, count) => changes.OnGatewayCount(count.NumberOfConnectedGateways, count.PreviousNumberOfConnectedGateways));
        return builder;
    }
}
