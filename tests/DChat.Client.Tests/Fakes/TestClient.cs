using DChat.Abstractions.Grains;
using DChat.Client.Devices;
using DChat.Client.Identities;
using DChat.Client.Operators;
using DChat.Feeds;
using Microsoft.Extensions.Logging.Abstractions;

namespace DChat.Client.Tests.Fakes;

/// <summary>A client of given options, used through its public interface.</summary>
internal sealed class TestClient : IAsyncDisposable
{
    private readonly ShardFeeds _feeds;
    private readonly DChatClient _client;
    private readonly IdentityBook _identities;

    public TestClient(FakeCluster cluster, IDeviceStore store, TimeProvider time, DChatClientOptions? options = null)
    {
        options ??= new DChatClientOptions();
        _feeds = new ShardFeeds(cluster, options.ToFeedOptions(), cluster, time, NullLogger<ShardFeeds>.Instance);
        Identities = store is DChatHome home ? home.Identities : new MemoryIdentityStore();
        _identities = new IdentityBook(cluster, Identities, new RetryPolicy(time, options.CallTimeout), time, options.RetryTimeout);
        _client = new DChatClient(cluster, _feeds, store, _identities, options, time);
        Devices = new DChatDevices(_client, cluster, store.Device, Identities, _identities, options, time);
        Operator = new DChatOperator(cluster, options, time);
    }

    public IDChatClient Api => _client;

    public IDChatDevices Devices { get; }

    public IDChatOperator Operator { get; }

    /// <summary>What the device remembers.</summary>
    public IIdentityStore Identities { get; }

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        _identities.Dispose();
        return _feeds.DisposeAsync();
    }
}
