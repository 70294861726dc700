using DChat.Abstractions.Messages;
using DChat.Client.Cluster;
using DChat.Core;
using DChat.Core.Shards;
using DChat.Core.Topics;

namespace DChat.Client.Tests.Fakes;

/// <summary>A cluster in memory: tests hold back its answers, lose its stream items and take it down.</summary>
internal sealed class FakeCluster : ICluster
{
    public const string Network = "dchat-test";

    private readonly Lock _gate = new();
    private readonly Dictionary<ShardId, FakeShard> _shards = [];

    /// <summary>How many bits name a shard; 0 keeps everything in one.</summary>
    public int ShardBits { get; init; }

    /// <summary>Whether calls fail as they do without a silo.</summary>
    public bool IsDown { get; set; }

    /// <summary>What every call throws in place of answering; null for nothing.</summary>
    public Exception? Bug { get; set; }

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

    public int Reads { get; private set; }

    public int Heads { get; private set; }

    public FakeShard Shard(ShardId shard)
    {
        lock (_gate)
        {
            return _shards.TryGetValue(shard, out var found) ? found : _shards[shard] = new FakeShard();
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
            shard.Deliver(gossip);
        }

        return new PublishReply(shard.Log, results);
    }

    public async Task<ReadReply> ReadAsync(ShardAddress shard, LogPosition after, int maxCount)
    {
        await AnswerAsync();
        Reads++;
        return Shard(shard.Shard).Read(topic: null, after, maxCount);
    }

    public async Task<ReadReply> FetchAsync(ShardAddress shard, TopicTag topic, LogPosition? after, int maxCount)
    {
        await AnswerAsync();
        Reads++;
        return Shard(shard.Shard).Read(topic, after, maxCount);
    }

    public async Task<LogPosition> GetHeadAsync(ShardAddress shard)
    {
        await AnswerAsync();
        Heads++;
        return Shard(shard.Shard).Head;
    }

    public async Task<GatewayDescription[]> ListGatewaysAsync(string network)
    {
        await AnswerAsync();
        return network == Network ? [.. Gateways] : [];
    }

    public async Task<PeerSetReport?> DescribePeersAsync(string gateway)
    {
        await AnswerAsync();
        return PeerSets.GetValueOrDefault(gateway);
    }

    public async Task<IAsyncDisposable> SubscribeAsync(ShardAddress shard, Action<ShardBatch> onBatch)
    {
        await AnswerAsync();
        await BeforeSubscribe();
        return Shard(shard.Shard).Subscribe(onBatch);
    }

    private Task AnswerAsync() => Bug is not null
        ? Task.FromException(Bug)
        : IsDown
            ? Task.FromException(new DChatException(DChatErrorCodes.SiloUnavailable, "There is no silo.", isTransient: true))
            : Task.CompletedTask;
}
