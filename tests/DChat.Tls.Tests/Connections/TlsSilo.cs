using System.Net;
using DChat.Testing.Processes;
using DChat.Testing.Tls;
using DChat.Tls.Certificates;
using DChat.Tls.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DChat.Tls.Tests.Connections;

/// <summary>An Orleans silo at real ports, with TLS or without, and clients of it.</summary>
public sealed class TlsSilo : IAsyncLifetime
{
    private IHost? _host;
    private IHost? _plain;

    public TestAuthority Authority { get; } = new();

    public LinesOfLog Log { get; } = new();

    public IPEndPoint SiloPort { get; } = new(IPAddress.Loopback, LoopbackPorts.Take());

    public IPEndPoint ClientPort { get; } = new(IPAddress.Loopback, LoopbackPorts.Take());

    public IPEndPoint PlainClientPort { get; } = new(IPAddress.Loopback, LoopbackPorts.Take());

    /// <summary>Where the silo has its certificate from.</summary>
    public TlsSource Source => _host!.Services.GetRequiredService<TlsSource>();

    public TlsFiles SiloFiles { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        SiloFiles = Authority.Silo();
        _host = await StartAsync(SiloPort.Port, ClientPort.Port, SiloFiles);
        _plain = await StartAsync(LoopbackPorts.Take(), PlainClientPort.Port, files: null);
    }

    /// <summary>Starts a client and returns the number of silos it sees.</summary>
    public static async Task<int> CountSilosAsync(IPEndPoint endpoint, TlsFiles? files, CancellationToken cancellationToken)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.UseOrleansClient(client => client
            .UseStaticClustering(endpoint)
            .Configure<Orleans.Configuration.ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = ("dchat", "dchat"))
            .UseConnectionRetryFilter((_, _) => Task.FromResult(false))
            .UseDChatTls(_ => files));
        using var host = builder.Build();
        await host.StartAsync(cancellationToken);
        var hosts = await host.Services.GetRequiredService<IClusterClient>().GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true, cancellationToken);
        await host.StopAsync(cancellationToken);
        return hosts.Count;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in new[] { _host, _plain }.OfType<IHost>())
        {
            await host.StopAsync();
            host.Dispose();
        }

        Authority.Dispose();
    }

    private async Task<IHost> StartAsync(int siloPort, int clientPort, TlsFiles? files)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.AddProvider(Log);
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(siloPort, clientPort, serviceId: "dchat", clusterId: "dchat");
            if (files is not null)
            {
                silo.UseDChatTls(files);
            }
        });
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }
}
