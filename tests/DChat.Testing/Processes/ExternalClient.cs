using DChat.Client;
using DChat.Client.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace DChat.Testing.Processes;

/// <summary>The SDK in this process, connected to a silo in another one as any application would be.</summary>
public sealed class ExternalClient : IAsyncDisposable
{
    private readonly IHost _host;

    private ExternalClient(IHost host) => _host = host;

    public IDChatClient DChat => _host.Services.GetRequiredService<IDChatClient>();

    /// <summary>The Orleans client below, to ask grains themselves.</summary>
    public IClusterClient Orleans => _host.Services.GetRequiredService<IClusterClient>();

    public static async Task<ExternalClient> ConnectAsync(
        SiloSettings silo, Action<DChatClientOptions>? configure, CancellationToken cancellationToken)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.UseOrleansClient(client => client
            .UseLocalhostClustering(silo.GatewayPort, serviceId: "dchat", clusterId: "dchat")
            .UseDChatClient(configure));
        var host = builder.Build();
        await host.StartAsync(cancellationToken);
        return new ExternalClient(host);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        await ((IAsyncDisposable)_host).DisposeAsync();
    }
}
