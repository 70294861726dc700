using DChat.Libp2p.Host;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace DChat.Libp2p.Hosting;

/// <summary>
/// Starts and stops the host with the application. Makes it only when it is to start: its identity may come from what
/// services before it open.
/// </summary>
internal sealed class Libp2pHostedService(IServiceProvider services) : IHostedService
{
    private Libp2pHost? _host;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _host = services.GetRequiredService<Libp2pHost>();
        foreach (var (protocol, create, limits) in services.GetServices<StreamHandlerRegistration>())
        {
            _host.SetStreamHandler(protocol, create(services), limits);
        }

        return _host.StartAsync(cancellationToken);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }
    }
}
