using System.Diagnostics.Metrics;
using DChat.Libp2p.Host;
using DChat.Libp2p.Protocols.Gossip;
using DChat.Libp2p.Streams;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DChat.Libp2p.Hosting;

/// <summary>Puts a <see cref="Libp2pHost"/> into a service collection.</summary>
public static class Libp2pServiceCollectionExtensions
{
    /// <summary>
    /// Adds a <see cref="Libp2pHost"/>, which is the <see cref="ILibp2pHost"/> too, that starts and stops with the application. A bad
    /// option stops the application at its start, with the option's name and range. Several calls configure the same host.
    /// </summary>
    public static IServiceCollection AddLibp2p(this IServiceCollection services, Action<Libp2pOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<Libp2pOptions>().Configure(configure ?? (_ => { })).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<Libp2pOptions>, Libp2pOptionsValidator>());
        services.TryAddSingleton(CreateHost);
        services.TryAddSingleton<ILibp2pHost>(provider => provider.GetRequiredService<Libp2pHost>());
        services.AddHostedService<Libp2pHostedService>();
        return services;
    }

    /// <summary>
    /// Adds the host and configures it when it is made, with the application's services and after everything else: for an
    /// identity in a file that nobody may read before the application starts.
    /// </summary>
    public static IServiceCollection AddLibp2p(this IServiceCollection services, Action<Libp2pOptions, IServiceProvider> configureLate)
    {
        ArgumentNullException.ThrowIfNull(configureLate);
        return services.AddSingleton(new LateOptions<Libp2pOptions>(configureLate)).AddLibp2p();
    }

    /// <summary>Adds a protocol for the host to serve from its start.</summary>
    /// <param name="services">The services.</param>
    /// <param name="protocol">The protocol id.</param>
    /// <param name="create">Makes the handler, once, when the host starts.</param>
    /// <param name="limits">Streams per peer; <see cref="ProtocolLimits.Default"/> when null.</param>
    public static IServiceCollection AddStreamHandler(
        this IServiceCollection services, string protocol, Func<IServiceProvider, StreamHandler> create, ProtocolLimits? limits = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(protocol);
        ArgumentNullException.ThrowIfNull(create);
        return services.AddSingleton(new StreamHandlerRegistration(protocol, create, limits));
    }

    /// <summary>
    /// Adds <see cref="Gossipsub"/> on the host of <c>AddLibp2p</c>. It starts and stops with the application, and a bad option
    /// stops the application at its start. Called before <c>AddLibp2p</c>, it is there for the first peer that connects.
    /// </summary>
    public static IServiceCollection AddGossipsub(this IServiceCollection services, Action<GossipsubOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<GossipsubOptions>().Configure(configure ?? (_ => { })).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<GossipsubOptions>, GossipsubOptionsValidator>());
        services.TryAddSingleton(CreateGossipsub);
        services.AddHostedService<GossipsubHostedService>();
        return services;
    }

    /// <summary>Adds <see cref="Gossipsub"/> and configures it when it is made, with the application's services and after everything else.</summary>
    public static IServiceCollection AddGossipsub(this IServiceCollection services, Action<GossipsubOptions, IServiceProvider> configureLate)
    {
        ArgumentNullException.ThrowIfNull(configureLate);
        return services.AddSingleton(new LateOptions<GossipsubOptions>(configureLate)).AddGossipsub();
    }

    private static Gossipsub CreateGossipsub(IServiceProvider services) => new(
        services.GetRequiredService<ILibp2pHost>(),
        LateOptions<GossipsubOptions>.Complete(services, options => options.Validate()),
        services.GetService<TimeProvider>(),
        services.GetService<ILogger<Gossipsub>>(),
        services.GetService<IMeterFactory>());

    private static Libp2pHost CreateHost(IServiceProvider services) => new(
        LateOptions<Libp2pOptions>.Complete(services, options => options.Validate()),
        services.GetService<TimeProvider>(),
        services.GetService<ILogger<Libp2pHost>>(),
        services.GetService<IMeterFactory>());
}
