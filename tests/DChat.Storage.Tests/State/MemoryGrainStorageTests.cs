using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;
using Orleans.TestingHost;

namespace DChat.Storage.Tests.State;

/// <summary>Runs the suite against Orleans' own storage: what that fails is a mistake in the suite.</summary>
public sealed class MemoryGrainStorageTests(MemoryGrainStorageTests.Fixture fixture) : GrainStorageConformance, IClassFixture<MemoryGrainStorageTests.Fixture>
{
    protected override IGrainStorage Storage => fixture.Storage;

    public sealed class Fixture : IAsyncLifetime
    {
        private readonly InProcessTestCluster _cluster;

        public Fixture()
        {
            var builder = new InProcessTestClusterBuilder(1);
            builder.ConfigureSilo((_, silo) => silo.AddMemoryGrainStorage("memory"));
            _cluster = builder.Build();
        }

        public IGrainStorage Storage => _cluster.Silos[0].ServiceProvider.GetRequiredKeyedService<IGrainStorage>("memory");

        public async ValueTask InitializeAsync() => await _cluster.DeployAsync();

        public ValueTask DisposeAsync() => _cluster.DisposeAsync();
    }
}
