using System.Net;
using DChat.Silo.Configuration;
using DChat.Silo.Health;
using DChat.Storage.Hosting;
using Orleans.Dashboard;

namespace DChat.Silo.Hosting;

/// <summary>Puts the silo together.</summary>
internal static class SiloHost
{
    private const string ClusterId = "dchat";

    public static WebApplication Build(WebApplicationBuilder builder, SiloOptions options)
    {
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.ShutdownTimeout);
        builder.AddQuietLogging(options.LogLevel);
        builder.AddTelemetry();
        builder.AddAdminListener(options.AdminAddress);
        builder.Services.AddSiloHealth();
        builder.UseOrleans(silo => silo
            .UseLocalhostClustering(options.SiloPort, options.GatewayPort, serviceId: ClusterId, clusterId: ClusterId)
            .AddState(options)
            .AddDashboard(dashboard => dashboard.HideTrace = true));

        var app = builder.Build();
        app.UseHostFiltering();
        app.MapSiloHealth();
        app.MapPrometheusScrapingEndpoint("/metrics");
        app.MapOrleansDashboard("/orleans");
        return app;
    }

    private static ISiloBuilder AddState(this ISiloBuilder silo, SiloOptions options)
    {
        var path = Path.Combine(options.DataDirectory, "state.db");
        return silo
            .AddSqliteGrainStorage("dchat", storage => storage.Path = path)
            .AddSqliteGrainStorage("PubSubStore", storage => storage.Path = path);
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
