using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace DChat.Gateway.Hosting;

/// <summary>
/// Starts the gateway after the silo and stops it before the silo. Creates it only when it starts, because creating it opens
/// the key files: when another process uses the data directory, the log must fail before them, with the clearer message.
/// </summary>
internal sealed class GatewayLifetime(IServiceProvider services) : IHostedLifecycleService
{
    private GatewayService? _gateway;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _gateway = services.GetRequiredService<GatewayService>();
        _gateway.JoinGossip();
        return Task.CompletedTask;
    }

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        _gateway!.BeginReporting();
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => _gateway?.DrainAsync(cancellationToken) ?? Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
