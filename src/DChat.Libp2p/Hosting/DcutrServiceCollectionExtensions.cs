using System.Diagnostics.Metrics;
using DChat.Libp2p.Protocols.Dcutr;
using DChat.Libp2p.Streams;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DChat.Libp2p.Hosting;

/// <summary>Puts a <see cref="Dcutr"/> into a service collection.</summary>
public static class DcutrServiceCollectionExtensions
{
    /// <summary>
    /// Adds <see cref="Dcutr"/> on the host of <c>AddLibp2p</c>. It starts and stops with the application, and a bad option
    /// stops the application at its start. Called after <c>AddLibp2p</c>, it stops before its host.
    /// </summary>
    public static IServiceCollection AddDcutr(this IServiceCollection services, Action<DcutrOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<DcutrOptions>().Configure(configure ?? (_ => { })).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<DcutrOptions>, DcutrOptionsValidator>());
        services.TryAddSingleton(Create);
        services.AddHostedService<DcutrHostedService>();
        return services;
    }

    /// <summary>Adds <see cref="Dcutr"/> and configures it when it is made, with the application's services and after everything else.</summary>
    public static IServiceCollection AddDcutr(this IServiceCollection services, Action<DcutrOptions, IServiceProvider> configureLate)
    {
        ArgumentNullException.ThrowIfNull(configureLate);
        return services.AddSingleton(new LateOptions<DcutrOptions>(configureLate)).AddDcutr();
    }

    private static Dcutr Create(IServiceProvider services) => new(
        services.GetRequiredService<ILibp2pHost>(),
        LateOptions<DcutrOptions>.Complete(services, options => options.Validate()),
        services.GetService<ILogger<Dcutr>>(),
        services.GetService<IMeterFactory>());
}
