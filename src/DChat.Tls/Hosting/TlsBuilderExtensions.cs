using DChat.Core;
using DChat.Tls.Certificates;
using DChat.Tls.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Serialization.Session;

namespace DChat.Tls.Hosting;

/// <summary>Turns mutual TLS on.</summary>
public static class TlsBuilderExtensions
{
    private const string Category = "DChat.Tls";
    private const string ClientPortName = "client port";

    /// <summary>
    /// Requires certificates at both ports of a silo: a silo's at the silo port, any of the authority at the client port,
    /// where clients cannot pass for silos. Silos are dialed with TLS too. The files are read at once, for what is wrong with them to end the start.
    /// </summary>
    /// <param name="builder">The silo.</param>
    /// <param name="files">Its certificate, which has <see cref="SiloMark"/>, and the authority.</param>
    /// <exception cref="DChatException">An option is missing (<c>options-invalid</c>), or a file cannot be used (<c>tls-unusable</c>).</exception>
    public static ISiloBuilder UseDChatTls(this ISiloBuilder builder, TlsFiles files)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(files);
        files.Validate();
        TlsCredentials.Create(files, TlsContent.Read(files), PeerRole.Silo);
        builder.Services.AddSingleton(services => CreateSource(services, files, PeerRole.Silo));
        AddLogs(builder.Services);
        return builder.Configure<SiloConnectionOptions>(options =>
        {
            options.ConfigureSiloInboundConnection(connection => connection.UseServerTls(
                Source(connection.ApplicationServices), PeerRole.Silo, "silo port", Log(connection.ApplicationServices)));
            options.ConfigureGatewayInboundConnection(connection =>
            {
                var services = connection.ApplicationServices;
                connection.UseServerTls(Source(services), PeerRole.Any, ClientPortName, Log(services));
                connection.UseClientMessages(services.GetRequiredService<SerializerSessionPool>(), ClientPortName, Log(services));
            });
            options.ConfigureSiloOutboundConnection(connection => connection.UseClientTls(
                Source(connection.ApplicationServices), Faults(connection.ApplicationServices)));
        });
    }

    /// <summary>
    /// Dials silos with TLS, if there are files. What is wrong with them, or with a silo's certificate, ends the start of the client
    /// with a <see cref="DChatException"/> of <see cref="TlsCodes"/>.
    /// </summary>
    /// <param name="builder">The client.</param>
    /// <param name="files">Its certificate and the authority; null for none. Asked when the first connection is made.</param>
    public static IClientBuilder UseDChatTls(this IClientBuilder builder, Func<IServiceProvider, TlsFiles?> files)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(files);
        builder.Services.AddSingleton(services => CreateSource(services, files(services)!, PeerRole.Any));
        AddLogs(builder.Services);
        TlsRetryFilter.Decorate(builder.Services);
        return builder.Configure<ClientConnectionOptions>(options => options.ConfigureConnection(connection =>
        {
            if (files(connection.ApplicationServices) is not null)
            {
                connection.UseClientTls(Source(connection.ApplicationServices), Faults(connection.ApplicationServices));
            }
            else
            {
                connection.UsePlaintext(Faults(connection.ApplicationServices));
            }
        }));
    }

    private static void AddLogs(IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(provider => new RefusalLog(LoggerOf(provider), provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<DialFaults>();
    }

    private static TlsSource CreateSource(IServiceProvider services, TlsFiles files, PeerRole role) =>
        new(files, role, services.GetRequiredService<TimeProvider>(), LoggerOf(services));

    private static TlsSource Source(IServiceProvider services) => services.GetRequiredService<TlsSource>();

    private static RefusalLog Log(IServiceProvider services) => services.GetRequiredService<RefusalLog>();

    private static DialFaults Faults(IServiceProvider services) => services.GetRequiredService<DialFaults>();

    private static ILogger LoggerOf(IServiceProvider services) => services.GetRequiredService<ILoggerFactory>().CreateLogger(Category);
}
