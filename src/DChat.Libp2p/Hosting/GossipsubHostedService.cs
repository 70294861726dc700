using DChat.Libp2p.Protocols.Gossip;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace DChat.Libp2p.Hosting;

/// <summary>Starts and stops gossipsub with the application. Makes it only when it is to start, since that makes its host.</summary>
internal sealed class GossipsubHostedService(IServiceProvider services) : IHostedService
{
    private Gossipsub? _gossip;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _gossip = services.GetRequiredService<Gossipsub>();
        return _gossip.StartAsync(cancellationToken);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_gossip is not null)
        {
            await _gossip.DisposeAsync();
        }
    }
}
