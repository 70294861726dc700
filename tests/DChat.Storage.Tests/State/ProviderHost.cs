using DChat.Silo.Configuration;
using DChat.Silo.Providers;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Storage;

namespace DChat.Storage.Tests.State;

/// <summary>A silo's services with grain state where settings say, and the storages begun as a starting silo begins them.</summary>
internal sealed class ProviderHost : IAsyncDisposable
{
    private readonly IHost _host;

    private ProviderHost(IHost host) => _host = host;

    public IGrainStorage Storage => _host.Services.GetRequiredKeyedService<IGrainStorage>("dchat");

    public static async Task<ProviderHost> StartAsync(Provider provider, string option, string connection, CancellationToken cancellationToken)
    {
        var configuration = new SiloConfiguration(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["DChat:Storage:State"] = provider.ToString(),
            [option] = connection,
        }).Build());
        await ProviderCheck.RunAsync(configuration);
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.UseOrleans(silo => silo.UseLocalhostClustering().AddState(configuration));
        var host = builder.Build();
        var begun = new Beginning();
        foreach (var name in StateProviders.Names)
        {
            ((ILifecycleParticipant<ISiloLifecycle>)host.Services.GetRequiredKeyedService<IGrainStorage>(name)).Participate(begun);
        }

        await begun.RunAsync(cancellationToken);
        return new ProviderHost(host);
    }

    public ValueTask DisposeAsync()
    {
        _host.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Runs what storages do at start, without a silo around them.</summary>
    private sealed class Beginning : ISiloLifecycle
    {
        private readonly List<ILifecycleObserver> _observers = [];

        public int HighestCompletedStage => 0;

        public int LowestStoppedStage => 0;

        public IDisposable Subscribe(string observerName, int stage, ILifecycleObserver observer)
        {
            _observers.Add(observer);
            return new MemoryStream();
        }

        public async Task RunAsync(CancellationToken cancellationToken)
        {
            foreach (var observer in _observers)
            {
                await observer.OnStart(cancellationToken);
            }
        }
    }
}
