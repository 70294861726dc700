using DChat.Client.Devices;
using Microsoft.Extensions.Logging.Abstractions;

namespace DChat.Client.Tests.Fakes;

/// <summary>A client over a fake cluster, used through its public interface.</summary>
internal sealed class TestClient(FakeCluster cluster, IDeviceStore store, TimeProvider time, DChatClientOptions? options = null)
    : IAsyncDisposable
{
    private readonly DChatClient _client = new(cluster, store, options ?? new DChatClientOptions(), time, NullLoggerFactory.Instance);

    public IDChatClient Api => _client;

    public ValueTask DisposeAsync() => _client.DisposeAsync();
}
