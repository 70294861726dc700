using DChat.Libp2p.Protocols.Gossipsub;
using Microsoft.Extensions.Hosting;

namespace DChat.Libp2p.Hosting;

/// <summary>Starts and stops gossipsub with the application: after its host, and before it.</summary>
internal sealed class GossipsubHostedService(Gossipsub gossip) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => gossip.StartAsync(cancellationToken);

    public async Task StopAsync(CancellationToken cancellationToken) => await gossip.DisposeAsync();
}
