using DChat.Testing;
using DChat.Testing.Processes;

namespace DChat.EndToEnd.Tests.Silo;

/// <summary>One silo for all tests of a collection that leave it running, or of a class that begin with <see cref="StartedAsync"/>.</summary>
[CollectionDefinition(nameof(RunningSilo))]
public sealed class RunningSilo : IAsyncLifetime, ICollectionFixture<RunningSilo>
{
    private readonly TemporaryFolder _folder = new();
    private SiloProcess? _silo;

    public string DataDirectory => _folder["data"];

    public SiloSettings Settings => _silo!.Settings;

    public ChildProcess Process => _silo!.Process;

    public HttpClient Http { get; } = new();

    public async ValueTask InitializeAsync()
    {
        _silo = await SiloProcess.StartAsync(Silos.In(DataDirectory), TestContext.Current.CancellationToken);
        Http.BaseAddress = Settings.AdminAddress;
    }

    /// <summary>The silo, started again on its data and ports if a test before has ended it.</summary>
    public async Task<SiloProcess> StartedAsync(CancellationToken cancellationToken)
    {
        if (_silo!.Process.HasExited)
        {
            await _silo.RestartAsync(cancellationToken);
        }

        return _silo;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (_silo is not null)
        {
            await _silo.DisposeAsync();
        }

        _folder.Dispose();
    }
}
