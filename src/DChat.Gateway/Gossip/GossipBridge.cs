using DChat.Abstractions.Streams;
using DChat.Core.Protocol;
using DChat.Core.Topics;
using DChat.Libp2p.Protocols.Gossip;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DChat.Gateway.Gossip;

/// <summary>
/// Joins gossip with the shards: takes part in the topic of every shard, and follows a shard's stream as long as a peer
/// wants it and for <see cref="Linger"/> after. So a peer that reconnects does not make the gateway subscribe anew.
/// </summary>
internal sealed partial class GossipBridge(
    Gossipsub gossipsub,
    GossipIntake intake,
    IShardFeeds feeds,
    IOptions<NetworkOptions> network,
    TimeProvider time,
    ILogger<GossipBridge> logger) : IAsyncDisposable
{
    /// <summary>How long a shard is followed after the last peer that wants it has gone.</summary>
    internal static readonly TimeSpan Linger = TimeSpan.FromSeconds(30);

    private readonly ILogger _logger = logger;
    private readonly NetworkOptions _network = network.Value;
    private readonly Lock _gate = new();
    private readonly Dictionary<ShardId, Followed> _followed = [];
    private GossipSubscriptionFeed? _feed;
    private ITimer? _sweep;
    private Task _watching = Task.CompletedTask;

    /// <summary>The shards whose streams are followed now.</summary>
    public IReadOnlyList<ShardId> Shards
    {
        get
        {
            lock (_gate)
            {
                return [.. _followed.Keys.OrderBy(shard => shard.Value)];
            }
        }
    }

    /// <summary>Joins every shard's topic and begins to watch what peers want.</summary>
    public void Start()
    {
        for (var shard = 0; shard < _network.ShardCount; shard++)
        {
            var id = new ShardId((ushort)shard);
            gossipsub.Subscribe(GossipTopics.Of(_network, id), new GossipTopicOptions
            {
                Validator = intake.ValidatorOf(id),
                Score = GossipScores.OfShard,
            });
        }

        _feed = gossipsub.WatchSubscriptions();
        _watching = Task.Run(() => WatchAsync(_feed));
        _sweep = time.CreateTimer(_ => Sweep(), state: null, Linger, Linger / 3);
    }

    /// <summary>Ends every subscription.</summary>
    public async ValueTask DisposeAsync()
    {
        _sweep?.Dispose();
        _feed?.Dispose();
        await _watching.ConfigureAwait(false);
        Followed[] followed;
        lock (_gate)
        {
            followed = [.. _followed.Values];
            _followed.Clear();
        }

        await Task.WhenAll(followed.Select(each => each.Fanout.DisposeAsync().AsTask())).ConfigureAwait(false);
    }

    private async Task WatchAsync(GossipSubscriptionFeed feed)
    {
        await foreach (var change in feed.ConfigureAwait(false))
        {
            if (GossipTopics.TryParse(_network, change.Topic) is { } shard)
            {
                Change(shard, change.Topic, change.IsSubscribed ? 1 : -1);
            }
        }
    }

    private void Change(ShardId shard, string topic, int difference)
    {
        lock (_gate)
        {
            if (!_followed.TryGetValue(shard, out var followed))
            {
                LogFollowing(shard);
                _followed[shard] = followed = new Followed(new ShardFanout(new ShardAddress(_network.Network, _network.ShardBits, shard), topic, feeds, gossipsub, time, _logger));
            }

            followed.Peers += difference;
            followed.LeftAt = time.GetTimestamp();
        }
    }

    private void Sweep()
    {
        lock (_gate)
        {
            foreach (var (shard, followed) in _followed.ToArray())
            {
                if (followed.Peers == 0 && time.GetElapsedTime(followed.LeftAt) >= Linger)
                {
                    LogLeaving(shard);
                    _followed.Remove(shard);
                    _ = followed.Fanout.DisposeAsync().AsTask();
                }
            }
        }
    }

    private sealed class Followed(ShardFanout fanout)
    {
        public ShardFanout Fanout => fanout;

        public int Peers { get; set; }

        public long LeftAt { get; set; }
    }

    [LoggerMessage(2, LogLevel.Debug, "A peer wants shard {Shard}: following its stream.")]
    private partial void LogFollowing(ShardId shard);

    [LoggerMessage(3, LogLevel.Debug, "No peer wants shard {Shard} any more: leaving its stream.")]
    private partial void LogLeaving(ShardId shard);
}
