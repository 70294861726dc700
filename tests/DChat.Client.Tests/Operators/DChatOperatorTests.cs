using DChat.Client.Devices;
using DChat.Client.Tests.Fakes;
using DChat.Testing.Peers;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Client.Tests.Operators;

public sealed class DChatOperatorTests : IAsyncDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    private readonly FakeTimeProvider _time = FakeTime.Create();
    private readonly FakeCluster _cluster = new();
    private readonly InMemoryDeviceStore _store = new();
    private readonly TestClient _client;

    public DChatOperatorTests() => _client = new TestClient(_cluster, _store, _time);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        _store.Dispose();
    }

    [Fact]
    public async Task Gateways_and_peers_are_asked_for_again_while_no_silo_answers()
    {
        _cluster.Gateways.Add(GatewayReports.Gateway("gateway"));
        _cluster.PeerSets["gateway"] = GatewayReports.Report("gateway", described: 1);
        _cluster.IsDown = true;
        var listing = _client.Operator.ListGatewaysAsync(Token);
        var describing = _client.Operator.DescribePeersAsync("gateway", Token);
        _time.Advance(Step);
        Assert.False(listing.IsCompleted || describing.IsCompleted);

        _cluster.IsDown = false;

        Assert.Equal(["gateway"], (await _time.UntilAsync(listing, Step)).Select(gateway => gateway.PeerId));
        Assert.Equal(1, (await _time.UntilAsync(describing, Step))?.TotalPeers);
        Assert.Null(await _client.Operator.DescribePeersAsync("another", Token));
        await Assert.ThrowsAsync<ArgumentException>(() => _client.Operator.DescribePeersAsync("", Token));
    }
}
