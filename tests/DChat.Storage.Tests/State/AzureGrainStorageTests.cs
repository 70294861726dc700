using DChat.Silo.Configuration;
using DChat.Testing.Backends;
using Orleans.Storage;

namespace DChat.Storage.Tests.State;

/// <summary>Grain state in the blobs of an Azure Storage emulator.</summary>
public sealed class AzureGrainStorageTests(AzureGrainStorageTests.Fixture fixture)
    : DurableGrainStorageConformance, IClassFixture<AzureGrainStorageTests.Fixture>
{
    protected override IGrainStorage Storage => fixture.Storage;

    protected override Task ReopenAsync() => fixture.ReopenAsync();

    public sealed class Fixture() : ProviderFixture<Azurite>(Provider.Azure, "DChat:Azure:ConnectionString")
    {
        protected override Task<Azurite> StartAsync(CancellationToken cancellationToken) => Azurite.StartAsync(directory: null, cancellationToken);

        protected override string ConnectionOf(Azurite server) => server.ConnectionString;
    }
}
