using DChat.Client.Devices;
using DChat.Client.Operators;
using DChat.Feeds;
using Microsoft.Extensions.Logging.Abstractions;

namespace DChat.Client.Tests.Fakes;

/// <summary>A client of given options, used through its public interface.</summary>
internal sealed class TestClient : IAsyncDisposable
{
    private readonly ShardFeeds _feeds;
    private readonly DChatClient _client;

    public TestClient(FakeCluster cluster, IDeviceStore store, TimeProvider time, DChatClientOptions? options = null)
    {
        options ??= new DChatClientOptions();
        _feeds = new ShardFeeds(cluster, options.ToFeedOptions(), cluster, time, NullLogger<ShardFeeds>.Instance);
        _client = new DChatClient(cluster, _feeds, store, options, time);
        Operator = new DChatOperator(cluster, options, time);
    }

    public IDChatClient Api => _client;

    public IDChatOperator Operator { get; }

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return _feeds.DisposeAsync();
    }
}
