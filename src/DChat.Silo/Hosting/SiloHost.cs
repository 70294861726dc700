using System.Net;
using DChat.Abstractions.Placement;
using DChat.Core.Admission;
using DChat.Core.Topics;
using DChat.Federation;
using DChat.Federation.Hosting;
using DChat.Feeds.Hosting;
using DChat.Gateway;
using DChat.Gateway.Hosting;
using DChat.Grains.Callers;
using DChat.Grains.Epochs;
using DChat.Grains.Hosting;
using DChat.Grains.SyncShard;
using DChat.Silo.Configuration;
using DChat.Silo.Health;
using DChat.Silo.Providers;
using DChat.Storage.Azure.Hosting;
using DChat.Storage.Azure.Log;
using DChat.Storage.Hosting;
using DChat.Storage.Keys;
using DChat.Storage.Log.Local;
using DChat.Tls.Hosting;
using Orleans.Dashboard;

namespace DChat.Silo.Hosting;

/// <summary>Puts the silo together.</summary>
internal static class SiloHost
{
    public static WebApplication Build(WebApplicationBuilder builder, SiloConfiguration configuration)
    {
        var options = configuration.Silo;
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.ShutdownTimeout);
        builder.AddTelemetry();
        builder.AddAdminListener(options.AdminAddress);
        builder.Services.AddSiloHealth(options.Role, configuration.Tls.IsSet);
        if (options.Role.IncludesCore())
        {
            builder.Services.AddShardLog(configuration);
        }

        if (options.Role.IncludesEdge())
        {
            builder.Services.AddGatewayKeys(configuration);
        }

        builder.UseOrleans(silo => silo
            .UseMembership(configuration)
            .UseTlsIf(configuration.Tls)
            .AddTracePropagation(builder.Configuration)
            .AddState(configuration)
            .AddGrains(configuration)
            .AddDashboardIf(options.Dashboard));

        if (options.Role.IncludesEdge())
        {
            // Hosted services stop in reverse order: registered after the silo, these start when it is up and stop before it does.
            builder.Services.AddShardFeeds();
            builder.Services.AddHostedService<SubscriptionDrain>();
            builder.Services.AddGateway(configuration);
            builder.Services.Configure<SyncOptions>(configuration.SectionOf<SyncOptions>());
            builder.Services.AddDChatFederation();
        }

        var app = builder.Build();
        app.UseHostFiltering();
        app.MapSiloHealth();
        app.MapPrometheusScrapingEndpoint("/metrics");
        app.MapDashboard(options.Dashboard);
        return app;
    }

    private static void AddShardLog(this IServiceCollection services, SiloConfiguration configuration)
    {
        var network = configuration.Network;
        if (configuration.Storage.Log == LogProvider.Azure)
        {
            services.AddAzureShardLog(
                log =>
                {
                    configuration.SectionOf<AzureShardLogOptions>().Bind(log);
                    (log.Network, log.ShardBits) = (network.Network, network.ShardBits);
                },
                client => AzureAccount.Blobs(configuration.Azure, client));
            return;
        }

        services.AddLocalShardLog(log =>
        {
            configuration.SectionOf<LocalShardLogOptions>().Bind(log);
            log.Directory = configuration.Silo.DataDirectory;
            (log.Network, log.ShardBits) = (network.Network, network.ShardBits);
        });
    }

    private static void AddGatewayKeys(this IServiceCollection services, SiloConfiguration configuration) =>
        services.AddRelayKeys(keys =>
        {
            keys.Directory = configuration.Silo.DataDirectory;
            keys.Network = configuration.Network.Network;
            keys.Name = configuration.Silo.SiloName;
        });

    private static void AddGateway(this IServiceCollection services, SiloConfiguration configuration)
    {
        services.Configure<GatewayOptions>(configuration.SectionOf<GatewayOptions>());
        services.AddDChatGateway(
            provider =>
            {
                var keys = provider.GetRequiredService<RelayKeys>();
                var peerFile = Path.Combine(configuration.Silo.DataDirectory, "gateways", $"{configuration.Silo.SiloName}.peers");
                return new GatewayIdentity(keys.RelayId, keys.ExportGatewaySeed(), () => keys.Current, peerFile);
            },
            Telemetry.Version);
    }

    private static ISiloBuilder UseTlsIf(this ISiloBuilder silo, TlsOptions tls) => tls.IsSet ? silo.UseDChatTls(tls) : silo;

    private static ISiloBuilder AddDashboardIf(this ISiloBuilder silo, bool isWanted) =>
        isWanted ? silo.AddDashboard(dashboard => dashboard.HideTrace = true) : silo;

    private static void MapDashboard(this WebApplication app, bool isOn)
    {
        if (isOn)
        {
            app.MapOrleansDashboard("/orleans");
            return;
        }

        app.MapGet("/orleans", () => Results.Text(
            "The Orleans dashboard is off: it costs memory and processor time. Start the silo with --dashboard true.\n",
            statusCode: StatusCodes.Status404NotFound));
    }

    private static ISiloBuilder AddGrains(this ISiloBuilder silo, SiloConfiguration configuration)
    {
        silo.AddDChatGrains(configuration.Silo.Role);
        silo.Services.Configure<NetworkOptions>(network =>
        {
            network.Network = configuration.Network.Network;
            network.ShardBits = configuration.Network.ShardBits;
        });
        silo.Services.Configure<SyncShardOptions>(configuration.SectionOf<SyncShardOptions>());
        silo.Services.Configure<EpochOptions>(configuration.SectionOf<EpochOptions>());
        silo.Services.Configure<AdmissionOptions>(configuration.SectionOf<AdmissionOptions>());
        silo.Services.Configure<OperatorOptions>(configuration.SectionOf<OperatorOptions>());
        return silo;
    }

    /// <summary>
    /// The admin listener has no authentication. On loopback it answers only to the names of loopback, so that a web page
    /// cannot reach it by pointing a name of its own there.
    /// </summary>
    private static void AddAdminListener(this WebApplicationBuilder builder, IPEndPoint endpoint)
    {
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(endpoint);
        });
        builder.Services.AddHostFiltering(filter =>
            filter.AllowedHosts = IPAddress.IsLoopback(endpoint.Address) ? ["localhost", "127.0.0.1", "[::1]"] : ["*"]);
    }
}
