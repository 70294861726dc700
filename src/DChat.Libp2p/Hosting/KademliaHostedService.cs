using DChat.Libp2p.Protocols.Kad;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace DChat.Libp2p.Hosting;

/// <summary>Starts and stops Kademlia with the application. Makes it only when it is to start, since that makes its host.</summary>
internal sealed class KademliaHostedService(IServiceProvider services) : IHostedService
{
    private KademliaDht? _dht;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _dht = services.GetRequiredService<KademliaDht>();
        return _dht.StartAsync(cancellationToken);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_dht is not null)
        {
            await _dht.DisposeAsync();
        }
    }
}
