using System.Runtime.CompilerServices;
using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Abstractions.Streams;
using DChat.Client.Cluster;
using DChat.Client.Devices;
using DChat.Client.Identities;
using DChat.Client.Publishing;
using DChat.Client.Subscriptions;
using DChat.Client.Telemetry;
using DChat.Core;
using DChat.Core.Clocks;
using DChat.Core.Keys;
using DChat.Core.Sealing;
using DChat.Core.Shards;
using DChat.Core.Topics;

namespace DChat.Client;

/// <summary>The parts put together: who publishes, who follows the log, and what the network looks like.</summary>
internal sealed class DChatClient : IDChatClient, IDisposable
{
    private readonly ICluster _cluster;
    private readonly IDeviceStore _store;
    private readonly DChatClientOptions _options;
    private readonly RetryPolicy _retry;
    private readonly HybridLogicalClock _clock;
    private readonly Publisher _publisher;
    private readonly IShardFeeds _feeds;
    private readonly ReplayMemory _memory;
    private readonly EquivocationHistory _pages;
    private readonly IdentityBook _identities;
    private NetworkDescription? _network;

    public DChatClient(ICluster cluster, IShardFeeds feeds, IDeviceStore store, IdentityBook identities, DChatClientOptions options, TimeProvider time)
    {
        _identities = identities;
        _cluster = cluster;
        _store = store;
        _options = options;
        _retry = new RetryPolicy(time, options.CallTimeout, () => ClientInstruments.Retries.Add(1));
        _clock = new HybridLogicalClock(time);
        _publisher = new Publisher(cluster, store, _clock, options, time);
        _feeds = feeds;
        _memory = new ReplayMemory(options.ReplayMemoryBytes);
        _pages = new EquivocationHistory(_memory);
    }

    /// <inheritdoc/>
    public DeviceKey Device => _store.Device.PublicKey;

    /// <inheritdoc/>
    public Task<NetworkDescription> DescribeNetworkAsync(CancellationToken cancellationToken) =>
        DescribeNetworkAsync(_options.RetryTimeout, cancellationToken);

    /// <inheritdoc/>
    public async Task<LogPosition> GetHeadAsync(Topic topic, CancellationToken cancellationToken)
    {
        var shard = await ShardOfAsync(topic, _options.RetryTimeout, cancellationToken).ConfigureAwait(false);
        return await _retry.RunAsync(() => _cluster.GetHeadAsync(shard), _options.RetryTimeout, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<PublishReceipt> PublishAsync(
        Topic topic, ReadOnlyMemory<byte> content, PublishOptions? options, CancellationToken cancellationToken) =>
        (await TryPublishAsync(topic, content, options, cancellationToken).ConfigureAwait(false)).Receipt;

    /// <inheritdoc/>
    public async Task<PublishOutcome> TryPublishAsync(
        Topic topic, ReadOnlyMemory<byte> content, PublishOptions? options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(topic);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(content.Length, EnvelopeSealer.MaxContentLength, nameof(content));
        var shard = await ShardOfAsync(topic, _options.RetryTimeout, cancellationToken).ConfigureAwait(false);
        return await _publisher.PublishAsync(topic, shard.Shard, content, options ?? PublishOptions.Default, cancellationToken)
            .ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ReceivedMessage> SubscribeAsync(
        Topic topic, SubscribeOptions? options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var shard = await ShardOfAsync(topic, limit: null, cancellationToken).ConfigureAwait(false);
        using var reader = new TopicReader(topic, _clock, _memory, _identities);
        await foreach (var range in FollowAsync(shard, topic.Tag, options, cancellationToken).ConfigureAwait(false))
        {
            await _identities.FreshenAsync(topic.Network, cancellationToken).ConfigureAwait(false);
            foreach (var message in reader.Open(range))
            {
                yield return message;
            }
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<EnvelopeRange> SubscribeEnvelopesAsync(
        ShardId shard, SubscribeOptions? options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var network = await DescribeNetworkAsync(limit: null, cancellationToken).ConfigureAwait(false);
        var address = new ShardAddress(network.Network, network.ShardBits, shard);
        await foreach (var range in FollowAsync(address, topic: null, options, cancellationToken).ConfigureAwait(false))
        {
            yield return range;
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<EnvelopeRange> SubscribeTopicEnvelopesAsync(
        TopicTag topic, SubscribeOptions? options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var network = await DescribeNetworkAsync(limit: null, cancellationToken).ConfigureAwait(false);
        var address = new ShardAddress(network.Network, network.ShardBits, topic.ShardOf(network.ShardBits));
        await foreach (var range in FollowAsync(address, topic, options, cancellationToken).ConfigureAwait(false))
        {
            yield return range;
        }
    }

    /// <inheritdoc/>
    public async Task<FetchPage> FetchAsync(Topic topic, LogPosition? after, int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, FetchPage.MaxMessages);
        var shard = await ShardOfAsync(topic, _options.RetryTimeout, cancellationToken).ConfigureAwait(false);
        var reply = await _retry.RunAsync(
            () => _cluster.FetchAsync(shard, topic.Tag, after, limit), _options.RetryTimeout, cancellationToken).ConfigureAwait(false);
        if (reply.Status == ReadStatus.CursorGap)
        {
            return new FetchPage([], [], reply.Head, reply.Head, isCursorGap: true);
        }

        var range = EnvelopeRange.Of(after ?? reply.Head with { Sequence = 0 }, reply);
        await _identities.FreshenAsync(topic.Network, cancellationToken).ConfigureAwait(false);
        using var reader = new TopicReader(topic, _clock, _memory, _identities, _pages);
        return new FetchPage(reader.Open(range), range.Holes, range.Cursor, reply.Head, isCursorGap: false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _publisher.Dispose();
        _pages.Dispose();
    }

    private IAsyncEnumerable<EnvelopeRange> FollowAsync(
        ShardAddress shard, TopicTag? topic, SubscribeOptions? options, CancellationToken cancellationToken)
    {
        options ??= SubscribeOptions.Default;
        return _feeds.FollowAsync(
            new FeedRequest(shard) { Topic = topic, Start = options.Start.ToFeedStart(), OnGap = options.OnGap }, cancellationToken);
    }

    private async Task<NetworkDescription> DescribeNetworkAsync(TimeSpan? limit, CancellationToken cancellationToken) =>
        _network ??= await _retry.RunAsync(_cluster.DescribeAsync, limit, cancellationToken).ConfigureAwait(false);

    private async ValueTask<ShardAddress> ShardOfAsync(Topic topic, TimeSpan? limit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(topic);
        var network = await DescribeNetworkAsync(limit, cancellationToken).ConfigureAwait(false);
        return topic.Network == network.Network
            ? new ShardAddress(network.Network, network.ShardBits, topic.Tag.ShardOf(network.ShardBits))
            : throw new DChatException(
                DChatErrorCodes.WrongNetwork, $"Topic {topic.Name} belongs to network {topic.Network}, but the cluster serves {network.Network}.");
    }
}
