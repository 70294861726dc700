namespace DChat.Testing.Processes;

/// <summary>A silo in a process of its own. Once stopped or killed it can be started again on the same ports and data.</summary>
public sealed class SiloProcess : IAsyncDisposable
{
    private SiloProcess(SiloSettings settings)
    {
        Settings = settings;
        Process = settings.Start();
    }

    public SiloSettings Settings { get; }

    /// <summary>The process that runs, or the last one that did.</summary>
    public ChildProcess Process { get; private set; }

    /// <summary>Starts a silo and waits until it is ready.</summary>
    public static async Task<SiloProcess> StartAsync(SiloSettings settings, CancellationToken cancellationToken)
    {
        var silo = new SiloProcess(settings);
        try
        {
            await silo.WaitUntilReadyAsync(cancellationToken);
            return silo;
        }
        catch
        {
            await silo.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the silo again, after it has ended, and waits until it is ready.</summary>
    public async Task RestartAsync(CancellationToken cancellationToken)
    {
        await Process.DisposeAsync();
        Process = Settings.Start();
        await WaitUntilReadyAsync(cancellationToken);
    }

    /// <summary>kill -9.</summary>
    public Task KillAsync(CancellationToken cancellationToken) => Process.KillAsync(cancellationToken);

    /// <summary>Asks the silo to stop; returns its exit code.</summary>
    public Task<int> StopAsync(CancellationToken cancellationToken) => Process.StopAsync(cancellationToken);

    public ValueTask DisposeAsync() => Process.DisposeAsync();

    private async Task WaitUntilReadyAsync(CancellationToken cancellationToken) =>
        await Process.WaitForLineAsync(line => line.StartsWith("Ready", StringComparison.Ordinal), cancellationToken);
}
