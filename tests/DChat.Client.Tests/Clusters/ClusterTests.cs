using System.Diagnostics;
using DChat.Abstractions.Diagnostics;
using DChat.Abstractions.Grains;
using DChat.Abstractions.Streams;
using DChat.Client.Cluster;
using DChat.Client.Devices;
using DChat.Client.Hosting;
using DChat.Client.Identities;
using DChat.Core;
using DChat.Core.Envelopes;
using DChat.Core.Topics;
using DChat.Testing.Clusters;
using DChat.Testing.Peers;
using Microsoft.Extensions.DependencyInjection;

namespace DChat.Client.Tests.Clusters;

/// <summary>The client over real grains and streams, outside the cluster and inside a silo.</summary>
public sealed class ClusterTests(ClusterTests.Running running) : IClassFixture<ClusterTests.Running>
{
    private TestCluster _cluster = running.Cluster;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private IDChatClient Outside => _cluster.Client.ServiceProvider.GetRequiredService<IDChatClient>();

    private IDChatClient Inside => _cluster.Orleans.Silos[0].ServiceProvider.GetRequiredService<IDChatClient>();

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task A_message_reaches_a_subscriber_wherever_both_are(bool publishInside, bool subscribeInside)
    {
        var topic = Topic.CreatePrivate(TestCluster.Network.Network, "team");
        var (sender, receiver) = (publishInside ? Inside : Outside, subscribeInside ? Inside : Outside);
        var start = await receiver.GetHeadAsync(topic, Token);
        await using var messages = Subscribe(receiver, topic, StartPosition.After(start));
        var first = messages.MoveNextAsync();

        var receipt = await sender.PublishAsync(topic, "hello", cancellationToken: Token);

        Assert.True(await first);
        Assert.Equal("hello", messages.Current.GetText());
        Assert.Equal(receipt.Position, messages.Current.Position);
        Assert.Equal(sender.Device, messages.Current.Device);
        var page = await receiver.FetchAsync(topic, cancellationToken: Token);
        Assert.Equal(receipt.MessageId, Assert.Single(page.Messages).MessageId);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Gateways_and_their_peers_are_described_wherever_the_client_is(bool isInside)
    {
        await using var own = _cluster = await StartAsync();
        var services = isInside ? _cluster.Orleans.Silos[0].ServiceProvider : _cluster.Client.ServiceProvider;
        var cluster = services.GetRequiredService<IDChatOperator>();
        Assert.Empty(await cluster.ListGatewaysAsync(Token));
        Assert.Null(await cluster.DescribePeersAsync("gateway", Token));
        var silo = _cluster.SiloClient;
        var network = TestCluster.Network.Network;
        await silo.GetGrain<IGatewayDirectoryGrain>(GrainKeys.GatewayDirectory(network)).AnnounceAsync(GatewayReports.Gateway("gateway", peers: 2));
        await silo.GetGrain<IPeerSetGrain>(GrainKeys.PeerSet("gateway")).ReportAsync(GatewayReports.Update("gateway", described: 2));

        var gateway = Assert.Single(await cluster.ListGatewaysAsync(Token));
        var report = await cluster.DescribePeersAsync(gateway.PeerId, Token);

        Assert.Equivalent(GatewayReports.Gateway("gateway", peers: 2), gateway, strict: true);
        Assert.Equal(["peer-0000", "peer-0001"], report!.Peers.Select(peer => peer.PeerId));
    }

    [Fact]
    public async Task Many_publishers_at_once_reach_a_subscriber_each_once_and_in_the_order_of_the_log()
    {
        var topic = Topic.CreatePrivate(TestCluster.Network.Network, "busy");
        const int Count = 400;
        await using var messages = Subscribe(Outside, topic, StartPosition.Beginning);

        var sending = Task.WhenAll(Enumerable.Range(0, Count).Select(i =>
            (i % 2 == 0 ? Inside : Outside).PublishAsync(topic, $"{i}", cancellationToken: Token)));
        List<ReceivedMessage> received = [];
        while (received.Count < Count && await messages.MoveNextAsync())
        {
            received.Add(messages.Current);
        }

        var receipts = await sending;
        Assert.Equal(received.Select(message => message.Position.Sequence).Order(), received.Select(message => message.Position.Sequence));
        Assert.Equal(
            receipts.OrderBy(receipt => receipt.Position.Sequence).Select(receipt => receipt.MessageId),
            received.Select(message => message.MessageId));
    }

    [Fact]
    public async Task A_subscription_outlives_the_silo()
    {
        await using var own = _cluster = await StartAsync();
        var topic = Topic.CreatePrivate(TestCluster.Network.Network, "durable");
        await using var messages = Subscribe(Outside, topic, StartPosition.Beginning);
        await Outside.PublishAsync(topic, "before", cancellationToken: Token);
        Assert.True(await messages.MoveNextAsync());

        var next = messages.MoveNextAsync();
        var silo = _cluster.Orleans.Silos[0];
        await _cluster.Orleans.StartAdditionalSiloAsync();
        await _cluster.Orleans.KillSiloAsync(silo, Token);
        await Outside.PublishAsync(topic, "after", cancellationToken: Token);

        Assert.True(await next);
        Assert.Equal("after", messages.Current.GetText());
    }

    [Fact]
    public async Task Without_a_silo_a_message_has_an_outcome_that_may_pass()
    {
        await using var own = _cluster = await StartAsync();
        var topic = Topic.CreatePrivate(TestCluster.Network.Network, "alone");
        using var store = new InMemoryDeviceStore();
        var options = new DChatClientOptions { RetryTimeout = TimeSpan.FromSeconds(1), CallTimeout = TimeSpan.FromSeconds(1) };
        var orleans = new OrleansCluster(_cluster.Client, operatorToken: null);
        using var identities = new IdentityBook(
            orleans, new MemoryIdentityStore(), new RetryPolicy(TimeProvider.System, options.CallTimeout), TimeProvider.System, options.RetryTimeout);
        using var client = new DChatClient(
            orleans,
            _cluster.Client.ServiceProvider.GetRequiredService<IShardFeeds>(),
            store,
            identities,
            options,
            TimeProvider.System);
        await client.DescribeNetworkAsync(Token);

        await _cluster.Orleans.KillSiloAsync(_cluster.Orleans.Silos[0], Token);
        var outcome = await client.TryPublishAsync(topic, "after", cancellationToken: Token);

        Assert.Equal(DChatErrorCodes.SiloUnavailable, outcome.Error!.Code);
        Assert.True(outcome.Error.IsTransient);
    }

    [Fact]
    public async Task A_rejection_comes_back_with_its_code()
    {
        var topic = Topic.CreatePrivate(TestCluster.Network.Network, "rejected");

        var outcome = await Outside.TryPublishAsync(
            topic, "for ever", new PublishOptions { Retention = RetentionClass.Permanent }, Token);

        Assert.Equal(RejectionCode.PermitRequired, outcome.Rejection);
    }

    [Fact]
    public async Task A_cursor_of_another_log_is_a_gap()
    {
        var topic = Topic.CreatePrivate(TestCluster.Network.Network, "gap");
        var cursor = (await Outside.GetHeadAsync(topic, Token)) with { Log = new(Guid.Empty), Sequence = 3 };

        Assert.True((await Outside.FetchAsync(topic, cursor, cancellationToken: Token)).IsCursorGap);
        await using var messages = Subscribe(Outside, topic, StartPosition.After(cursor));
        Assert.Equal(
            DChatErrorCodes.CursorGap, (await Assert.ThrowsAsync<DChatException>(() => messages.MoveNextAsync().AsTask())).Code);
    }

    [Fact]
    public async Task Delivery_joins_the_trace_of_the_publish_call()
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == DChatTelemetry.Name || source.Name.StartsWith("Microsoft.Orleans", StringComparison.Ordinal),
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(listener);
        var topic = Topic.CreatePrivate(TestCluster.Network.Network, "traced");
        var start = await Outside.GetHeadAsync(topic, Token);
        await using var messages = Subscribe(Outside, topic, StartPosition.After(start));
        var first = messages.MoveNextAsync();
        var live = await Outside.GetHeadAsync(topic, Token);
        Assert.Equal(start, live);

        using var trace = new Activity("test").SetIdFormat(ActivityIdFormat.W3C).Start();
        trace.ActivityTraceFlags = ActivityTraceFlags.Recorded;
        await Outside.PublishAsync(topic, "traced", cancellationToken: Token);
        Assert.True(await first);

        // A message that came by a read rather than the stream carries no trace; the first may race the subscription.
        var message = messages.Current;
        while (message.TraceContext == default)
        {
            await Outside.PublishAsync(topic, "traced", cancellationToken: Token);
            Assert.True(await messages.MoveNextAsync());
            message = messages.Current;
        }

        Assert.Equal(trace.TraceId, message.TraceContext.TraceId);
    }

    private static Task<TestCluster> StartAsync() => TestCluster.StartAsync(
        configureSilo: silo => silo.AddActivityPropagation().Services.AddDChatClient(),
        configureClient: client => client.UseDChatClient(options => options.StreamSilence = TimeSpan.FromSeconds(1)));

    private static IAsyncEnumerator<ReceivedMessage> Subscribe(IDChatClient client, Topic topic, StartPosition start) =>
        client.SubscribeAsync(topic, new SubscribeOptions { Start = start }, Token).GetAsyncEnumerator(Token);

    /// <summary>One silo for the tests that leave it as it was; each test has a topic of its own.</summary>
    public sealed class Running : IAsyncLifetime
    {
        public TestCluster Cluster { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Cluster = await StartAsync();

        public ValueTask DisposeAsync() => Cluster.DisposeAsync();
    }
}
