using DChat.Libp2p.Protocols.CircuitRelay;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace DChat.Libp2p.Hosting;

/// <summary>Starts and stops circuits with the application. Makes them only when they are to start, since that makes their host.</summary>
internal sealed class CircuitHostedService(IServiceProvider services) : IHostedService
{
    private CircuitRelayService? _relay;
    private AutoRelay? _autoRelay;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _relay = services.GetRequiredService<CircuitRelayService>();
        _autoRelay = services.GetRequiredService<AutoRelay>();
        return _autoRelay.StartAsync(cancellationToken);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_autoRelay is not null)
        {
            await _autoRelay.DisposeAsync();
        }

        _relay?.Dispose();
    }
}
