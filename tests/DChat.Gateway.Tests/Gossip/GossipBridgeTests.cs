using DChat.Abstractions.Grains;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Gateway.Gossip;
using DChat.Testing.Gateways;
using DChat.Testing.Messages;
using Microsoft.Extensions.DependencyInjection;

namespace DChat.Gateway.Tests.Gossip;

public sealed class GossipBridgeTests(GossipBridgeTests.Pair pair) : IClassFixture<GossipBridgeTests.Pair>, IDisposable
{
    private GatewayCluster _gateways = pair.Gateways;

    private readonly CancellationTokenSource _patience = Patience();

    private CancellationToken Token => _patience.Token;

    public void Dispose() => _patience.Dispose();

    [Fact]
    public async Task What_a_peer_gossips_reaches_peers_of_both_gateways_once_and_the_log()
    {
        var author = Author.OfShard(1);
        await using var sender = await JoinAsync(0, author.Shard);
        await using var neighbour = await JoinAsync(0, author.Shard);
        await using var far = await JoinAsync(1, author.Shard);
        ReadOnlyMemory<byte>[] envelopes = [.. author.Seal(50).Envelopes];

        foreach (var envelope in envelopes)
        {
            sender.Publish(envelope);
        }

        Assert.Equal(Ids(envelopes), await CollectAsync(neighbour, 50));
        Assert.Equal(Ids(envelopes), await CollectAsync(far, 50));
        await using var fetch = await _gateways.FetchAsync(1, Token);
        Assert.Equal(Ids(envelopes), Ids((await fetch.FetchAllAsync(author.Topic.Tag, Token)).Select(each => each.Envelope.Memory)));
    }

    [Fact]
    public async Task What_is_pushed_reaches_peers_of_both_gateways()
    {
        var author = Author.OfShard(2);
        await using var near = await JoinAsync(0, author.Shard);
        await using var far = await JoinAsync(1, author.Shard);
        await using var push = await _gateways.PushAsync(0, Token);
        ReadOnlyMemory<byte>[] envelopes = [.. author.Seal(100).Envelopes];

        await push.PushAsync(envelopes, perRequest: 10, Token);

        Assert.Equal(Ids(envelopes), await CollectAsync(near, 100));
        Assert.Equal(Ids(envelopes), await CollectAsync(far, 100));
    }

    [Fact]
    public async Task A_peer_in_the_mesh_misses_nothing_although_its_gateway_follows_the_shard_only_because_of_it()
    {
        for (var shard = 8; shard < 16; shard++)
        {
            var author = Author.OfShard(shard);
            await using var peer = await JoinAsync(shard % 2, author.Shard);
            var envelopes = author.Seal(3);

            await AppendAsync(author, envelopes, Door.Push);

            Assert.Equal(Ids(envelopes.Envelopes), await CollectAsync(peer, 3));
        }
    }

    [Fact]
    public async Task What_came_by_sync_is_not_gossiped()
    {
        var author = Author.OfShard(3);
        await using var peer = await JoinAsync(0, author.Shard);
        var synced = author.Seal(5);
        ReadOnlyMemory<byte> pushed = author.SealOne("after"u8);

        await AppendAsync(author, synced, Door.Sync);
        await using var push = await _gateways.PushAsync(0, Token);
        await push.PushAsync([pushed], perRequest: 1, Token);

        Assert.Equal(Ids([pushed]), await CollectAsync(peer, 1));
        Assert.Equal(0, peer.Unread);
    }

    [Fact]
    public async Task What_a_gateway_ignored_reaches_its_peers_when_it_came_in_by_another_door()
    {
        var author = Author.OfShard(7);
        await using var sender = await JoinAsync(0, author.Shard);
        await using var neighbour = await JoinAsync(0, author.Shard);
        var batch = author.Seal(EnvelopeBatch.MaxCount);
        ReadOnlyMemory<byte>[] beyondQuota = [.. author.Seal(100).Envelopes];
        foreach (var envelope in batch.Envelopes.Concat(beyondQuota))
        {
            sender.Publish(envelope);
        }

        // Which of them the quota hit is a matter of who was verified first.
        await AppendAsync(author, batch, Door.Push);
        await AppendAsync(author, EnvelopeBatch.Pack(beyondQuota), Door.Push);

        Assert.Equal(Ids([.. batch.Envelopes, .. beyondQuota]), await CollectAsync(neighbour, EnvelopeBatch.MaxCount + 100));
    }

    [Fact]
    public async Task A_message_that_does_not_verify_goes_no_further_and_those_after_it_do()
    {
        var author = Author.OfShard(4);
        await using var sender = await JoinAsync(0, author.Shard);
        await using var neighbour = await JoinAsync(0, author.Shard);
        var forged = author.SealOne("forged"u8);
        forged[^1] ^= 1;
        ReadOnlyMemory<byte> good = author.SealOne("good"u8);

        sender.Publish(forged);
        sender.Publish(good);

        Assert.Equal(Ids([good]), await CollectAsync(neighbour, 1));
        Assert.Equal(0, neighbour.Unread);
    }

    [Fact]
    public async Task Gossip_goes_on_while_the_storage_is_down_and_is_kept_when_it_is_back()
    {
        var author = Author.OfShard(5);
        var isDown = true;
        _gateways.Cluster.Log.BeforeCommit = (_, _) => Task.FromResult(isDown ? AppendOutcome.Failed : AppendOutcome.Durable);
        await using var sender = await JoinAsync(0, author.Shard);
        await using var neighbour = await JoinAsync(0, author.Shard);
        ReadOnlyMemory<byte>[] envelopes = [.. author.Seal(20).Envelopes];

        foreach (var envelope in envelopes)
        {
            sender.Publish(envelope);
        }

        Assert.Equal(Ids(envelopes), await CollectAsync(neighbour, 20));
        isDown = false;
        await using var fetch = await _gateways.FetchAsync(0, Token);
        while ((await fetch.FetchAllAsync(author.Topic.Tag, Token)).Count < envelopes.Length)
        {
            Token.ThrowIfCancellationRequested();
        }

        Assert.Equal(Ids(envelopes), Ids((await fetch.FetchAllAsync(author.Topic.Tag, Token)).Select(each => each.Envelope.Memory)));
    }

    [Fact]
    public async Task A_shard_is_followed_from_its_first_peer_on()
    {
        await using var own = _gateways = await GatewayCluster.StartAsync(silos: 2);
        Assert.Empty(Bridge(0).Shards);
        var shard = new ShardId(6);
        await using var peer = await JoinAsync(0, shard);

        while (Bridge(0).Shards.Count == 0)
        {
            Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        Assert.Equal([shard], Bridge(0).Shards);
        Assert.Empty(Bridge(1).Shards);
    }

    private static CancellationTokenSource Patience()
    {
        var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromMinutes(1));
        return patience;
    }

    private GossipBridge Bridge(int silo) => _gateways.Services(silo).GetRequiredService<GossipBridge>();

    private Task<GossipPeer> JoinAsync(int silo, ShardId shard) => _gateways.JoinAsync(silo, shard, Token);

    private async Task AppendAsync(Author author, EnvelopeBatch envelopes, Door door)
    {
        var shard = _gateways.Cluster.SiloClient.GetGrain<ISyncShardGrain>(author.ShardKey);
        await shard.AppendAsync(Appends.Of(envelopes, door));
    }

    /// <summary>The next messages, each of which must be another.</summary>
    private async Task<SortedSet<string>> CollectAsync(GossipPeer peer, int count)
    {
        SortedSet<string> ids = [];
        while (ids.Count < count)
        {
            var id = MessageId.Compute((await peer.ReadAsync(Token)).Span).ToString();
            Assert.True(ids.Add(id), $"{id} came twice.");
        }

        return ids;
    }

    private static SortedSet<string> Ids(IEnumerable<ReadOnlyMemory<byte>> envelopes) =>
        [.. envelopes.Select(envelope => MessageId.Compute(envelope.Span).ToString())];

    /// <summary>Two gateways for all tests of the class; each test has a shard of its own, and peers of its own.</summary>
    public sealed class Pair : IAsyncLifetime
    {
        public GatewayCluster Gateways { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Gateways = await GatewayCluster.StartAsync(silos: 2);

        public ValueTask DisposeAsync() => Gateways.DisposeAsync();
    }
}
