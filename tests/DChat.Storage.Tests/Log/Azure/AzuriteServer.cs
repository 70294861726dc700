using DChat.Storage.Tests.Log.Azure;
using DChat.Testing.Backends;

[assembly: AssemblyFixture(typeof(AzuriteServer))]

namespace DChat.Storage.Tests.Log.Azure;

/// <summary>One emulator for all tests, since a start of it takes two seconds of the processor; each uses a container of its own.</summary>
public sealed class AzuriteServer : IAsyncLifetime
{
    private int _containers;

    public Azurite Azurite { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Azurite = await Azurite.StartAsync(directory: null, TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync() => await (Azurite?.DisposeAsync() ?? ValueTask.CompletedTask);

    internal TestContainer NewContainer() => new(Azurite.ConnectionString, $"log-{Interlocked.Increment(ref _containers)}");
}
