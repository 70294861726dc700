using DChat.Libp2p.Host;
using Microsoft.Extensions.Hosting;

namespace DChat.Libp2p.Hosting;

/// <summary>Starts and stops the host with the application.</summary>
internal sealed class Libp2pHostedService(Libp2pHost host, IEnumerable<StreamHandlerRegistration> handlers, IServiceProvider services) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var (protocol, create, limits) in handlers)
        {
            host.SetStreamHandler(protocol, create(services), limits);
        }

        return host.StartAsync(cancellationToken);
    }

    public async Task StopAsync(CancellationToken cancellationToken) => await host.DisposeAsync();
}
