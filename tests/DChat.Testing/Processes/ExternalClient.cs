using DChat.Client;
using DChat.Client.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;

namespace DChat.Testing.Processes;

/// <summary>The SDK in this process, connected to a silo in another one as any application would be.</summary>
public sealed class ExternalClient : IAsyncDisposable
{
    // Orleans does not fail the calls that were under way when a gateway died; they wait until they time out.
    private static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(2);

    // A gateway that did not answer once is not tried again before the next refresh.
    private static readonly TimeSpan GatewayListRefreshPeriod = TimeSpan.FromMilliseconds(500);

    private readonly IHost _host;

    private ExternalClient(IHost host) => _host = host;

    public IDChatClient DChat => _host.Services.GetRequiredService<IDChatClient>();

    /// <summary>The Orleans client below, to ask grains themselves.</summary>
    public IClusterClient Orleans => _host.Services.GetRequiredService<IClusterClient>();

    public static Task<ExternalClient> ConnectAsync(
        SiloSettings silo, Action<DChatClientOptions>? configure, CancellationToken cancellationToken) => ConnectAsync(
        client => client.UseLocalhostClustering(silo.ClientPort, serviceId: "dchat", clusterId: "dchat"), configure, cancellationToken);

    /// <summary>Connects to whatever silos a list of gateways names.</summary>
    /// <param name="clustering">Where the list and which cluster.</param>
    /// <param name="configure">Options of the SDK.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<ExternalClient> ConnectAsync(
        Action<IClientBuilder> clustering, Action<DChatClientOptions>? configure, CancellationToken cancellationToken)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.UseOrleansClient(clustering);
        builder.UseOrleansClient(client => client
            .Configure<ClientMessagingOptions>(messaging => messaging.ResponseTimeout = ResponseTimeout)
            .Configure<GatewayOptions>(gateways => gateways.GatewayListRefreshPeriod = GatewayListRefreshPeriod)
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
