using DChat.Client.Cluster;
using DChat.Client.Devices;
using DChat.Client.Operators;
using Microsoft.Extensions.Logging.Abstractions;

namespace DChat.Client.Tests.Fakes;

/// <summary>A client of given options, used through its public interface.</summary>
internal sealed class TestClient(ICluster cluster, IDeviceStore store, TimeProvider time, DChatClientOptions? options = null)
    : IAsyncDisposable
{
    private readonly DChatClient _client = new(cluster, store, options ?? new DChatClientOptions(), time, NullLoggerFactory.Instance);

    public IDChatClient Api => _client;

    public IDChatOperator Operator { get; } = new DChatOperator(cluster, options ?? new DChatClientOptions(), time);

    public ValueTask DisposeAsync() => _client.DisposeAsync();
}
