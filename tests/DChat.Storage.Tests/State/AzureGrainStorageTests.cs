using DChat.Silo.Configuration;
using DChat.Testing.Backends;
using Orleans.Storage;

namespace DChat.Storage.Tests.State;

/// <summary>Grain state in the blobs of an Azure Storage emulator.</summary>
public sealed class AzureGrainStorageTests(AzureGrainStorageTests.Fixture fixture)
    : DurableGrainStorageConformance, IClassFixture<AzureGrainStorageTests.Fixture>
{
    protected override IGrainStorage Storage => fixture.Host.Storage;

    protected override Task ReopenAsync() => fixture.ReopenAsync();

    public sealed class Fixture : IAsyncLifetime
    {
        private Azurite _server = null!;

        internal ProviderHost Host { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            _server = await Azurite.StartAsync(directory: null, TestContext.Current.CancellationToken);
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
            Host = await ProviderHost.StartAsync(Provider.Azure, "DChat:Azure:ConnectionString", _server.ConnectionString, TestContext.Current.CancellationToken);
    }
}
