using System.Diagnostics.Metrics;
using DChat.Libp2p.Protocols.Kad;
using DChat.Libp2p.Streams;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DChat.Libp2p.Hosting;

/// <summary>Puts a <see cref="KademliaDht"/> into a service collection.</summary>
public static class KademliaServiceCollectionExtensions
{
    /// <summary>
    /// Adds <see cref="KademliaDht"/> on the host of <c>AddLibp2p</c>. It starts and stops with the application, and a bad option
    /// stops the application at its start. Called after <c>AddLibp2p</c>, it stops before its host.
    /// </summary>
    public static IServiceCollection AddKademlia(this IServiceCollection services, Action<KademliaOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<KademliaOptions>().Configure(configure ?? (_ => { }));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<KademliaOptions>, KademliaOptionsValidator>());
        services.AddOptions<KademliaOptions>().ValidateOnStart();
        services.TryAddSingleton(Create);
        services.AddHostedService<KademliaHostedService>();
        return services;
    }

    /// <summary>Adds <see cref="KademliaDht"/> and configures it when it is made, with the application's services and after everything else.</summary>
    public static IServiceCollection AddKademlia(this IServiceCollection services, Action<KademliaOptions, IServiceProvider> configureLate)
    {
        ArgumentNullException.ThrowIfNull(configureLate);
        services.AddSingleton(new LateOptions<KademliaOptions>(configureLate));
        services.AddOptions<KademliaOptions>();
        services.TryAddSingleton(Create);
        services.AddHostedService<KademliaHostedService>();
        return services;
    }

    private static KademliaDht Create(IServiceProvider services) => new(
        services.GetRequiredService<ILibp2pHost>(),
        LateOptions<KademliaOptions>.Complete(services, options => options.Validate()),
        services.GetService<ILogger<KademliaDht>>(),
        services.GetService<IMeterFactory>());
}
