using DChat.Silo.Configuration;
using Orleans.Storage;

namespace DChat.Storage.Tests.State;

/// <summary>Grain state on a server that runs for the tests of one class.</summary>
/// <typeparam name="TServer">The server.</typeparam>
public abstract class ProviderFixture<TServer> : IAsyncLifetime
    where TServer : class, IAsyncDisposable
{
    private readonly Provider _provider;
    private readonly string _option;
    private TServer? _server;
    private ProviderHost? _host;

    /// <param name="provider">Who keeps the state.</param>
    /// <param name="option">The setting that says where the server is.</param>
    private protected ProviderFixture(Provider provider, string option) => (_provider, _option) = (provider, option);

    public IGrainStorage Storage => _host!.Storage;

    public async ValueTask InitializeAsync()
    {
        _server = await StartAsync(TestContext.Current.CancellationToken);
        await OpenAsync();
    }

    public async Task ReopenAsync()
    {
        await _host!.DisposeAsync();
        await OpenAsync();
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await (_host?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    protected abstract Task<TServer> StartAsync(CancellationToken cancellationToken);

    protected abstract string ConnectionOf(TServer server);

    private async Task OpenAsync() =>
        _host = await ProviderHost.StartAsync(_provider, _option, ConnectionOf(_server!), TestContext.Current.CancellationToken);
}
