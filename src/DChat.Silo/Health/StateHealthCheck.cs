using Microsoft.Extensions.Diagnostics.HealthChecks;
using Orleans.Storage;

namespace DChat.Silo.Health;

/// <summary>Grain state can be written: writes a record of its own, whatever the storage is, at most once a second.</summary>
internal sealed class StateHealthCheck([FromKeyedServices("dchat")] IGrainStorage storage, ILocalSiloDetails silo, TimeProvider time)
    : IHealthCheck, IDisposable
{
    private static readonly TimeSpan MinInterval = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _turn = new(1, 1);
    private long _checkedAt;
    private HealthCheckResult? _last;

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_last is not { } last || time.GetElapsedTime(_checkedAt) >= MinInterval)
            {
                _last = last = await WriteAsync(cancellationToken);
                _checkedAt = time.GetTimestamp();
            }

            return last;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private async Task<HealthCheckResult> WriteAsync(CancellationToken cancellationToken)
    {
        try
        {
            // By port, not by name: silos that share the file may be called the same.
            var grain = GrainId.Create("dchat.health", $"{silo.SiloAddress.Endpoint}");
            var state = new GrainState<HealthState>();
            await storage.ReadStateAsync("health", grain, state, cancellationToken);
            state.State = new HealthState { WrittenAt = time.GetUtcNow() };
            await storage.WriteStateAsync("health", grain, state, cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            return HealthCheckResult.Unhealthy(e.Message, e);
        }
    }
}
