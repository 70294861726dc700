using DChat.Silo.Configuration;
using DChat.Testing.Backends;
using Orleans.Storage;

namespace DChat.Storage.Tests.State;

/// <summary>Grain state in a Redis server.</summary>
public sealed class RedisGrainStorageTests(RedisGrainStorageTests.Fixture fixture)
    : DurableGrainStorageConformance, IClassFixture<RedisGrainStorageTests.Fixture>
{
    protected override IGrainStorage Storage => fixture.Storage;

    protected override Task ReopenAsync() => fixture.ReopenAsync();

    public sealed class Fixture() : ProviderFixture<Redis>(Provider.Redis, "DChat:Redis:ConnectionString")
    {
        protected override Task<Redis> StartAsync(CancellationToken cancellationToken) => Redis.StartAsync(cancellationToken);

        protected override string ConnectionOf(Redis server) => server.ConnectionString;
    }
}
