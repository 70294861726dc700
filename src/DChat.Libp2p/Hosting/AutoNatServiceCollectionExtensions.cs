using System.Diagnostics.Metrics;
using DChat.Libp2p.Protocols.AutoNat;
using DChat.Libp2p.Streams;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DChat.Libp2p.Hosting;

/// <summary>Puts an <see cref="AutoNat"/> into a service collection.</summary>
public static class AutoNatServiceCollectionExtensions
{
    /// <summary>
    /// Adds <see cref="AutoNat"/> on the host of <c>AddLibp2p</c>. It starts and stops with the application, and a bad option
    /// stops the application at its start. Called after <c>AddLibp2p</c>, it stops before its host.
    /// </summary>
    public static IServiceCollection AddAutoNat(this IServiceCollection services, Action<AutoNatOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<AutoNatOptions>().Configure(configure ?? (_ => { })).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<AutoNatOptions>, AutoNatOptionsValidator>());
        services.TryAddSingleton(Create);
        services.AddHostedService<AutoNatHostedService>();
        return services;
    }

    /// <summary>Adds <see cref="AutoNat"/> and configures it when it is made, with the application's services and after everything else.</summary>
    public static IServiceCollection AddAutoNat(this IServiceCollection services, Action<AutoNatOptions, IServiceProvider> configureLate)
    {
        ArgumentNullException.ThrowIfNull(configureLate);
        return services.AddSingleton(new LateOptions<AutoNatOptions>(configureLate)).AddAutoNat();
    }

    private static AutoNat Create(IServiceProvider services) => new(
        services.GetRequiredService<ILibp2pHost>(),
        LateOptions<AutoNatOptions>.Complete(services, options => options.Validate()),
        services.GetService<ILogger<AutoNat>>(),
        services.GetService<IMeterFactory>());
}
