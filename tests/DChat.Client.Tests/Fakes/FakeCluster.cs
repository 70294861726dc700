using DChat.Abstractions.Messages;
using DChat.Abstractions.Streams;
using DChat.Client.Cluster;
using DChat.Core;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Feeds;

namespace DChat.Client.Tests.Fakes;

/// <summary>A cluster in memory: tests hold back its answers, lose its stream items and take it down.</summary>
internal sealed partial class FakeCluster : ICluster, IShardCluster, IClusterChanges
{
    public const string Network = "dchat-test";

    private readonly Lock _gate = new();
    private readonly Dictionary<ShardId, FakeShard> _shards = [];
    private readonly List<Subscription> _subscriptions = [];
    private readonly LogId _log = new(Guid.NewGuid());
    private int _heads;
    private int _reads;

    /// <summary>How many bits name a shard; 0 keeps everything in one.</summary>
    public int ShardBits { get; init; }

    /// <summary>Whether calls fail as they do without a silo.</summary>
    public bool IsDown { get; set; }

    /// <summary>What every call throws in place of answering; null for nothing.</summary>
    public Exception? Bug { get; set; }

    /// <summary>The shard whose head nobody can tell, and what asking for it throws; null for none.</summary>
    public (ShardId Shard, Exception Fault)? HeadFault { get; set; }

    /// <summary>Whether every stream subscription fails as soon as it is made.</summary>
    public bool FaultsSubscriptions { get; set; }

    /// <summary>Called before a stream subscription is made; may wait.</summary>
    public Func<Task> BeforeSubscribe { get; set; } = () => Task.CompletedTask;

    /// <summary>Whether subscribers get what is appended; reads do in any case.</summary>
    public bool DeliversStreams { get; set; } = true;

    /// <summary>Called before a publish call appends; may wait, throw, or answer in its place.</summary>
    public Func<PublishRequest, Task<PublishReply?>> BeforePublish { get; set; } = _ => Task.FromResult<PublishReply?>(null);

    /// <summary>The publish calls so far.</summary>
    public List<PublishRequest> Published { get; } = [];

    /// <summary>The gateways listed.</summary>
    public List<GatewayDescription> Gateways { get; } = [];

    /// <summary>What gateways have reported, by PeerId.</summary>
    public Dictionary<string, PeerSetReport> PeerSets { get; } = [];

    /// <summary>What gateways know of the DHT, by PeerId.</summary>
    public Dictionary<string, DhtDescription> Dhts { get; } = [];

    public Dictionary<string, SyncDescription> Syncs { get; } = [];

    public List<(string Gateway, string? Partner)> SyncsBegun { get; } = [];

    public Dictionary<(ushort Shard, ScrubPosition Position), ScrubPage> Scrubs { get; } = [];

    /// <summary>What lookups find, by PeerId.</summary>
    public Dictionary<string, DhtFinding> Findings { get; } = [];

    /// <summary>Raised by <see cref="Change"/>.</summary>
    public event Action? Changed;

    /// <summary>Where every shard stood in the past; null for where it stands now.</summary>
    public LogPosition? PastHead { get; set; }

    /// <summary>How long ago followers asked for.</summary>
    public List<TimeSpan> PastHeadsAsked { get; } = [];

    /// <summary>Stream subscriptions that have not been given back.</summary>
    public int SubscriberCount { get { lock (_gate) { return _subscriptions.Count; } } }

    /// <summary>All stream subscriptions ever made.</summary>
    public int SubscriptionsMade { get; private set; }

    public int Reads => Volatile.Read(ref _reads);

    public int Heads => Volatile.Read(ref _heads);

    public FakeShard Shard(ShardId shard)
    {
        lock (_gate)
        {
            return _shards.TryGetValue(shard, out var found) ? found : _shards[shard] = new FakeShard(shard, _log, Deliver);
        }
    }

    public FakeShard ShardOf(Topic topic) => Shard(topic.Tag.ShardOf(ShardBits));

    public async Task<NetworkDescription> DescribeAsync()
    {
        await AnswerAsync();
        return new NetworkDescription(Network, ShardBits);
    }

    public async Task<PublishReply> PublishAsync(PublishRequest request)
    {
        lock (_gate)
        {
            Published.Add(request);
        }

        await AnswerAsync();
        if (await BeforePublish(request) is { } reply)
        {
            return reply;
        }

        var shard = Shard(request.Shard);
        var results = shard.Append(request.Envelopes, out var gossip);
        if (DeliversStreams && gossip is not null)
        {
            Deliver(gossip);
        }

        return new PublishReply(shard.Log, results);
    }

    public async Task<ReadReply> ReadAsync(ShardAddress shard, LogPosition after, int maxCount)
    {
        await AnswerAsync();
        Interlocked.Increment(ref _reads);
        return Shard(shard.Shard).Read(topic: null, after, maxCount);
    }

    public async Task<ReadReply> FetchAsync(ShardAddress shard, TopicTag topic, LogPosition? after, int maxCount)
    {
        await AnswerAsync();
        Interlocked.Increment(ref _reads);
        return Shard(shard.Shard).Read(topic, after, maxCount);
    }

    public async Task<LogPosition> GetHeadAsync(ShardAddress shard)
    {
        await AnswerAsync();
        if (HeadFault is { } bad && bad.Shard == shard.Shard)
        {
            throw bad.Fault;
        }

        var head = Shard(shard.Shard).Head;
        Interlocked.Increment(ref _heads);
        return head;
    }

    public async Task<GatewayDescription[]> ListGatewaysAsync(string network)
    {
        await AnswerAsync();
        return network == Network ? [.. Gateways] : [];
    }

    public async Task<DhtDescription?> DescribeDhtAsync(string gateway)
    {
        await AnswerAsync();
        return Dhts.GetValueOrDefault(gateway);
    }

    public async Task<DhtFinding?> FindPeerAsync(string gateway, string peerId)
    {
        await AnswerAsync();
        return Dhts.ContainsKey(gateway) ? Findings.GetValueOrDefault(peerId) ?? new DhtFinding(peerId, [], relay: null) : null;
    }

    public async Task<ScrubPage> ScrubAsync(ShardAddress shard, ScrubPosition position)
    {
        await AnswerAsync();
        return Scrubs.TryGetValue((shard.Shard.Value, position), out var page) ? page : new ScrubPage(Next: null, 0, 0, []);
    }

    public async Task<SyncDescription?> DescribeSyncAsync(string gateway)
    {
        await AnswerAsync();
        return Syncs.GetValueOrDefault(gateway);
    }

    public async Task<SyncDescription?> BeginSyncAsync(string gateway, string? partner)
    {
        await AnswerAsync();
        SyncsBegun.Add((gateway, partner));
        if (Syncs.GetValueOrDefault(gateway) is not { } sync)
        {
            return null;
        }

        // The run is over when it is asked about next.
        Syncs[gateway] = sync with { Partners = [.. sync.Partners.Select(each => partner is null || each.PeerId == partner ? each with { Runs = each.Runs + 1 } : each)] };
        return sync;
    }

    public async Task<PeerSetReport?> DescribePeersAsync(string gateway)
    {
        await AnswerAsync();
        return PeerSets.GetValueOrDefault(gateway);
    }

    public async Task<LogPosition> GetPastHeadAsync(ShardAddress shard, TimeSpan ago)
    {
        await AnswerAsync();
        PastHeadsAsked.Add(ago);
        return PastHead ?? Shard(shard.Shard).Head;
    }

    public async Task<IGrantedSubscription> SubscribeAsync(string network, int group, Action<ShardItem> onItem, Action<Exception> onFault)
    {
        await AnswerAsync();
        await BeforeSubscribe();
        var subscription = new Subscription(this, group, onItem, onFault);
        lock (_gate)
        {
            _subscriptions.Add(subscription);
            SubscriptionsMade++;
        }

        if (FaultsSubscriptions)
        {
            subscription.Fault();
        }

        return subscription;
    }

    /// <summary>Fails all stream subscriptions as a silo does that could not deliver: it marks them, and nobody removes them.</summary>
    public void FaultSubscriptionsMade()
    {
        Subscription[] subscriptions;
        lock (_gate)
        {
            subscriptions = [.. _subscriptions];
        }

        foreach (var subscription in subscriptions)
        {
            subscription.Fault();
        }
    }

    /// <summary>Forgets all stream subscriptions, as a cluster without its subscription store does.</summary>
    public void LoseSubscriptions()
    {
        lock (_gate)
        {
            _subscriptions.Clear();
        }
    }

    /// <summary>Delivers an item to the subscribers of its group.</summary>
    public void Deliver(ShardItem item, int group)
    {
        Subscription[] subscriptions;
        lock (_gate)
        {
            subscriptions = [.. _subscriptions.Where(each => each.Group == group && !each.IsFaulted)];
        }

        foreach (var subscription in subscriptions)
        {
            subscription.OnItem(item);
        }
    }

    /// <summary>Tells the heads of all shards that tests have touched, as a core silo does every second.</summary>
    public void DeliverHeartbeat(string silo = "silo")
    {
        FakeShard[] shards;
        lock (_gate)
        {
            shards = [.. _shards.Values];
        }

        foreach (var group in shards.GroupBy(shard => (Number: ShardStreams.GroupOf(shard.Id, ShardBits), shard.Log)))
        {
            Deliver(
                new ShardHeartbeat(
                    silo, group.Key.Log, [.. group.Select(shard => shard.Id.Value)], [.. group.Select(shard => shard.Head.Sequence)]),
                group.Key.Number);
        }
    }

    /// <summary>Tells feeds that the cluster has changed.</summary>
    public void Change() => Changed?.Invoke();

    private void Deliver(ShardBatch batch) => Deliver(batch, ShardStreams.GroupOf(batch.Shard, ShardBits));

    private sealed class Subscription(FakeCluster cluster, int group, Action<ShardItem> onItem, Action<Exception> onFault) : IGrantedSubscription
    {
        public int Group => group;

        public Action<ShardItem> OnItem => onItem;

        public bool IsFaulted { get; private set; }

        public void Fault()
        {
            IsFaulted = true;
            onFault(new TimeoutException("An item could not be delivered."));
        }

        public async Task<bool> IsKnownAsync()
        {
            await cluster.AnswerAsync();
            lock (cluster._gate)
            {
                return cluster._subscriptions.Contains(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            lock (cluster._gate)
            {
                cluster._subscriptions.Remove(this);
            }

            return ValueTask.CompletedTask;
        }
    }

    private Task AnswerAsync() => Bug is not null
        ? Task.FromException(Bug)
        : IsDown
            ? Task.FromException(new DChatException(DChatErrorCodes.SiloUnavailable, "There is no silo.", isTransient: true))
            : Task.CompletedTask;
}
