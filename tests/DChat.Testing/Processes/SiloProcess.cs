namespace DChat.Testing.Processes;

/// <summary>A silo in a process of its own, on free loopback ports. The same settings can be started again after a stop or a kill.</summary>
public sealed class SiloProcess : IAsyncDisposable
{
    private SiloProcess(SiloSettings settings, ChildProcess process)
    {
        Settings = settings;
        Process = process;
    }

    public SiloSettings Settings { get; }

    public ChildProcess Process { get; }

    /// <summary>Starts a silo and waits until it is ready.</summary>
    public static async Task<SiloProcess> StartAsync(SiloSettings settings, CancellationToken cancellationToken)
    {
        var process = settings.Start();
        try
        {
            await process.WaitForLineAsync(line => line.StartsWith("Ready", StringComparison.Ordinal), cancellationToken);
            return new SiloProcess(settings, process);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    public Task KillAsync(CancellationToken cancellationToken) => Process.KillAsync(cancellationToken);

    public Task<int> StopAsync(CancellationToken cancellationToken) => Process.StopAsync(cancellationToken);

    public ValueTask DisposeAsync() => Process.DisposeAsync();
}
