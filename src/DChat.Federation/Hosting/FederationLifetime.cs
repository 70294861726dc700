using DChat.Federation.Sync;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace DChat.Federation.Hosting;

/// <summary>
/// Starts the runs when everything else has started, and stops them before anything else stops. Creates them only then: they need the gateway's
/// host, which opens the key files.
/// </summary>
internal sealed class FederationLifetime(IServiceProvider services) : IHostedLifecycleService
{
    private SyncRunner? _runner;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        _runner = services.GetRequiredService<SyncRunner>();
        _runner.Start();
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => _runner?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
