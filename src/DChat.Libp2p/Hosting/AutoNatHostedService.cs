using DChat.Libp2p.Protocols.AutoNat;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace DChat.Libp2p.Hosting;

/// <summary>Starts and stops AutoNAT with the application. Makes it only when it is to start, since that makes its host.</summary>
internal sealed class AutoNatHostedService(IServiceProvider services) : IHostedService
{
    private AutoNat? _nat;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _nat = services.GetRequiredService<AutoNat>();
        return _nat.StartAsync(cancellationToken);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_nat is not null)
        {
            await _nat.DisposeAsync();
        }
    }
}
