using DChat.Libp2p.Protocols.Dcutr;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace DChat.Libp2p.Hosting;

/// <summary>Starts and stops hole punching with the application. Makes it only when it is to start, since that makes its host.</summary>
internal sealed class DcutrHostedService(IServiceProvider services) : IHostedService
{
    private Dcutr? _dcutr;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _dcutr = services.GetRequiredService<Dcutr>();
        return _dcutr.StartAsync(cancellationToken);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_dcutr is not null)
        {
            await _dcutr.DisposeAsync();
        }
    }
}
