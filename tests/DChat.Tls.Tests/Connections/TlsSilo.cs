using System.Net;
using DChat.Abstractions.Placement;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Grains.Hosting;
using DChat.Testing.Log;
using DChat.Testing.Processes;
using DChat.Testing.State;
using DChat.Testing.Tls;
using DChat.Tls.Certificates;
using DChat.Tls.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Runtime.Hosting;

namespace DChat.Tls.Tests.Connections;

/// <summary>A silo with DChat's grains at real ports, with TLS or without, and clients of it.</summary>
public sealed class TlsSilo : IAsyncLifetime
{
    /// <summary>The network of the grains.</summary>
    public const string Network = "dchat-test";

    private readonly MemoryShardLog _shards = new();
    private readonly LastingGrainStorage _state = new();
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

    /// <summary>What lives in the silo's process.</summary>
    public IServiceProvider Services => _host!.Services;

    public async ValueTask InitializeAsync()
    {
        SiloFiles = Authority.Silo();
        _host = await StartAsync(SiloPort.Port, ClientPort.Port, SiloFiles);
        _plain = await StartAsync(LoopbackPorts.Take(), PlainClientPort.Port, files: null);
    }

    /// <summary>Starts a silo that joins this one.</summary>
    public Task<IHost> JoinAsync(TlsFiles files) => StartAsync(LoopbackPorts.Take(), LoopbackPorts.Take(), files, SiloPort);

    /// <summary>Starts a client.</summary>
    /// <param name="endpoint">A client port.</param>
    /// <param name="files">Its certificate; null for no TLS.</param>
    /// <param name="configure">What else it has.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<IHost> StartClientAsync(
        IPEndPoint endpoint, TlsFiles? files, Action<IClientBuilder>? configure, CancellationToken cancellationToken)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.UseOrleansClient(client =>
        {
            client
                .UseStaticClustering(endpoint)
                .Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = ("dchat", "dchat"))
                .UseConnectionRetryFilter((_, _) => Task.FromResult(false))
                .UseDChatTls(_ => files);
            configure?.Invoke(client);
        });
        var host = builder.Build();
        await host.StartAsync(cancellationToken);
        return host;
    }

    /// <summary>Starts a client and returns the number of silos it sees.</summary>
    public static async Task<int> CountSilosAsync(IPEndPoint endpoint, TlsFiles? files, CancellationToken cancellationToken)
    {
        using var host = await StartClientAsync(endpoint, files, configure: null, cancellationToken);
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

    private async Task<IHost> StartAsync(int siloPort, int clientPort, TlsFiles? files, IPEndPoint? primary = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.AddProvider(Log);
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(siloPort, clientPort, primary, serviceId: "dchat", clusterId: "dchat");
            silo.Services.AddSingleton<IShardLog>(_shards);
            silo.Services.Configure<NetworkOptions>(options => options.Network = Network);
            silo.AddMemoryGrainStorage("PubSubStore");
            silo.Services.AddGrainStorage("dchat", (_, _) => _state);
            silo.AddDChatGrains(SiloRole.All);
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
