using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Client;
using DChat.Client.Hosting;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Testing.Clusters;
using DChat.Testing.Messages;
using Microsoft.Extensions.DependencyInjection;

namespace DChat.Cluster.Tests.SyncShard;

/// <summary>Subscribers of a shard whose activation does not stay where it is.</summary>
public sealed class MovingShardTests(MovingShardTests.Three three) : IClassFixture<MovingShardTests.Three>
{
    private TestCluster _cluster = three.Cluster;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_subscriber_sees_every_position_once_while_the_shard_moves_from_silo_to_silo()
    {
        var author = Author.OfShard(0);
        const int Count = 120;
        var subscriber = CollectAsync(author, Count);

        for (var i = 0; i < Count; i++)
        {
            await PublishAsync(author, author.Seal(1));
            if (i % 20 == 10)
            {
                var other = _cluster.Orleans.Silos.First(silo => !_cluster.Hosts(silo, Shard(author)));
                await _cluster.Orleans.MigrateAsync(Shard(author), other.SiloAddress);
            }
        }

        Assert.Equal(Enumerable.Range(1, Count).Select(i => (ulong)i), await subscriber.WaitAsync(TimeSpan.FromSeconds(30), Token));
    }

    [Fact]
    public async Task A_subscriber_sees_the_last_message_of_an_idle_shard_though_its_silo_is_killed()
    {
        await using var own = _cluster = await StartAsync();
        var author = Author.OfShard(1);
        await PublishAsync(author, author.Seal(3));
        var subscriber = CollectAsync(author, 4);
        await PublishAsync(author, author.Seal(1));

        await _cluster.Orleans.KillSiloAsync(_cluster.Orleans.Silos.Single(silo => _cluster.Hosts(silo, Shard(author))), Token);

        Assert.Equal([1ul, 2ul, 3ul, 4ul], await subscriber.WaitAsync(TimeSpan.FromSeconds(30), Token));
    }

    [Fact]
    public async Task A_message_that_another_term_made_durable_reaches_subscribers_of_the_idle_shard()
    {
        var author = Author.OfShard(2);
        await PublishAsync(author, author.Seal(1));
        var subscriber = CollectAsync(author, 2);

        // Durable, but never on the stream: what a crash between commit and gossip leaves behind.
        var envelope = author.SealOne("unseen"u8);
        Assert.Equal(RejectionCode.None, Envelope.TryRead(envelope, out var view));
        var entry = new IndexEntry(MessageId.Compute(envelope), view.TopicTag, view.Hlc, view.Class, envelope.Length, Door.Push);
        var writer = await _cluster.Log.OpenAsync(author.Shard, Token);
        Assert.Equal(AppendOutcome.Durable, (await writer.AppendAsync(new ShardAppend(2, [entry], [2], envelope))).Outcome);
        await _cluster.Orleans.DeactivateAsync(Shard(author));

        Assert.Equal([1ul, 2ul], await subscriber.WaitAsync(TimeSpan.FromSeconds(30), Token));
    }

    private static Task<TestCluster> StartAsync() => TestCluster.StartAsync(
        silos: 3,
        configureClient: client => client.UseDChatClient(options => options.StreamSilence = TimeSpan.FromSeconds(1)));

    private async Task<List<ulong>> CollectAsync(Author author, int count)
    {
        var client = _cluster.Client.ServiceProvider.GetRequiredService<IDChatClient>();
        var seen = new List<ulong>();
        await foreach (var range in client.SubscribeEnvelopesAsync(
            author.Shard, new SubscribeOptions { Start = StartPosition.Beginning }, Token))
        {
            seen.AddRange(Enumerable.Range(0, range.Envelopes.Count).Select(range.SequenceAt));
            if (seen.Count >= count)
            {
                return seen;
            }
        }

        return seen;
    }

    private ISyncShardGrain Shard(Author author) => _cluster.Client.GetGrain<ISyncShardGrain>(author.ShardKey);

    private async Task PublishAsync(Author author, EnvelopeBatch envelopes)
    {
        PublishReply reply;
        do
        {
            // A shard that is moving turns messages away for now; a sender tries again with the same bytes.
            reply = await _cluster.Client.GetGrain<IAdmissionGrain>(0).PublishAsync(new PublishRequest(author.Shard, envelopes));
        }
        while (reply.Results.Any(result => result.Rejection.IsTransient()));
        Assert.All(reply.Results, result => Assert.True(result.IsAccepted));
    }

    /// <summary>Three silos for the tests that kill none; each test has a shard of its own.</summary>
    public sealed class Three : IAsyncLifetime
    {
        public TestCluster Cluster { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Cluster = await StartAsync();

        public ValueTask DisposeAsync() => Cluster.DisposeAsync();
    }
}
