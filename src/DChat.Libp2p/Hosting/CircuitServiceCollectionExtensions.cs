using System.Diagnostics.Metrics;
using DChat.Libp2p.Protocols.CircuitRelay;
using DChat.Libp2p.Streams;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DChat.Libp2p.Hosting;

/// <summary>Puts a <see cref="CircuitRelayService"/> and an <see cref="AutoRelay"/> into a service collection.</summary>
public static class CircuitServiceCollectionExtensions
{
    /// <summary>
    /// Adds <see cref="CircuitRelayService"/> and <see cref="AutoRelay"/> on the host of <c>AddLibp2p</c>. They start and stop with the
    /// application, and a bad option stops the application at its start. Call it after <c>AddLibp2p</c>: reservations need a host that
    /// has started.
    /// </summary>
    public static IServiceCollection AddCircuitRelay(this IServiceCollection services, Action<CircuitOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<CircuitOptions>().Configure(configure ?? (_ => { })).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<CircuitOptions>, CircuitOptionsValidator>());
        services.TryAddSingleton(provider => new Completed(LateOptions<CircuitOptions>.Complete(provider, options => options.Validate())));
        services.TryAddSingleton(provider => new CircuitRelayService(
            provider.GetRequiredService<ILibp2pHost>(), Complete(provider).Relay, provider.GetService<IMeterFactory>()));
        services.TryAddSingleton(provider => new AutoRelay(
            provider.GetRequiredService<ILibp2pHost>(),
            Complete(provider).AutoRelay,
            provider.GetService<ILogger<AutoRelay>>(),
            provider.GetService<IMeterFactory>()));
        services.AddHostedService<CircuitHostedService>();
        return services;
    }

    /// <summary>Adds them and configures them when they are made, with the application's services and after everything else.</summary>
    public static IServiceCollection AddCircuitRelay(this IServiceCollection services, Action<CircuitOptions, IServiceProvider> configureLate)
    {
        ArgumentNullException.ThrowIfNull(configureLate);
        return services.AddSingleton(new LateOptions<CircuitOptions>(configureLate)).AddCircuitRelay();
    }

    private static CircuitOptions Complete(IServiceProvider services) => services.GetRequiredService<Completed>().Options;

    /// <summary>Configured late once, for both.</summary>
    private sealed record Completed(CircuitOptions Options);
}
