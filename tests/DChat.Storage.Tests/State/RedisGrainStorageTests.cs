using DChat.Silo.Configuration;
using DChat.Testing.Backends;
using Orleans.Storage;

namespace DChat.Storage.Tests.State;

/// <summary>Grain state in a Redis server.</summary>
public sealed class RedisGrainStorageTests(RedisGrainStorageTests.Fixture fixture)
    : DurableGrainStorageConformance, IClassFixture<RedisGrainStorageTests.Fixture>
{
    protected override IGrainStorage Storage => fixture.Host.Storage;

    protected override Task ReopenAsync() => fixture.ReopenAsync();

    public sealed class Fixture : IAsyncLifetime
    {
        private Redis _server = null!;

        internal ProviderHost Host { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            _server = await Redis.StartAsync(TestContext.Current.CancellationToken);
            await OpenAsync();
        }

        public async Task ReopenAsync()
        {
            await Host.DisposeAsync();
            await OpenAsync();
        }

        public async ValueTask DisposeAsync()
        {
            if (Host is not null)
            {
                await Host.DisposeAsync();
            }

            if (_server is not null)
            {
                await _server.DisposeAsync();
            }
        }

        private async Task OpenAsync() =>
            Host = await ProviderHost.StartAsync(Provider.Redis, "DChat:Redis:ConnectionString", _server.ConnectionString, TestContext.Current.CancellationToken);
    }
}
