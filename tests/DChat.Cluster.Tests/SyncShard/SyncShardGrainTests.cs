using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Core;
using DChat.Core.Admission;
using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Testing.Clusters;
using DChat.Testing.Messages;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Cluster.Tests.SyncShard;

public sealed class SyncShardGrainTests(TestClusterFixture fixture) : IClassFixture<TestClusterFixture>
{
    private readonly TestCluster _cluster = fixture.Cluster;

    [Fact]
    public async Task A_published_message_is_durable_and_read_back_unchanged()
    {
        var author = Author.OfShard(0);
        var envelopes = author.Seal(3);

        var reply = await PublishAsync(author.Shard, envelopes);

        Assert.All(reply.Results, result => Assert.True(result.IsAccepted));
        Assert.Equal([1ul, 2ul, 3ul], reply.Results.Select(result => result.TopicSequence));
        var fetched = await Shard(author).FetchAsync(author.Topic.Tag, null, 256);
        Assert.Equal(ReadStatus.Ok, fetched.Status);
        Assert.Equal(envelopes.Bytes, fetched.Envelopes.Bytes);
        Assert.Equal(reply.Results.Select(result => result.Sequence), fetched.Sequences);
        Assert.Equal([1ul, 2ul, 3ul], fetched.TopicSequences);
        Assert.Equal(reply.Log, fetched.Head.Log);
    }

    [Fact]
    public async Task A_retry_has_the_position_of_its_first_copy()
    {
        var author = Author.OfShard(1);
        var envelopes = author.Seal(2);
        var first = await PublishAsync(author.Shard, envelopes);

        var retry = await PublishAsync(author.Shard, envelopes);

        Assert.Equal(first.Results.Select(result => result.Sequence), retry.Results.Select(result => result.Sequence));
        Assert.All(retry.Results, result => Assert.True(result.IsDuplicate));
    }

    [Fact]
    public async Task Rejected_messages_do_not_hold_up_the_others_of_their_batch()
    {
        var author = Author.OfShard(2);
        var foreign = Author.OfShard(3);
        var good = author.Seal(2).Envelopes.ToArray();
        var batch = EnvelopeBatch.Pack([good[0], foreign.Seal(1).Bytes, new byte[] { 1, 2, 3 }, good[1]]);

        var reply = await PublishAsync(author.Shard, batch);

        Assert.Equal(
            [RejectionCode.None, RejectionCode.WrongShard, RejectionCode.NonCanonical, RejectionCode.None],
            reply.Results.Select(result => result.Rejection));
        Assert.Equal([1ul, 0ul, 0ul, 2ul], reply.Results.Select(result => result.TopicSequence));
    }

    [Fact]
    public async Task A_batch_of_rejected_messages_is_answered_without_an_append()
    {
        var author = Author.OfShard(3);
        var reply = await PublishAsync(author.Shard, EnvelopeBatch.Pack([new byte[] { 9 }]));

        Assert.Equal(RejectionCode.NonCanonical, Assert.Single(reply.Results).Rejection);
        Assert.Equal(_cluster.Log.Id, reply.Log);
    }

    [Fact]
    public async Task A_batch_at_the_limit_is_taken_and_one_beyond_is_refused_whole()
    {
        var author = Author.OfShard(4);
        var full = author.Seal(EnvelopeBatch.MaxCount);
        Assert.All((await PublishAsync(author.Shard, full)).Results, result => Assert.True(result.IsAccepted));

        var beyond = author.Seal(EnvelopeBatch.MaxCount + 1);
        var error = await Assert.ThrowsAsync<DChatException>(() => PublishAsync(author.Shard, beyond));

        Assert.Equal("batch-malformed", error.Code);
        Assert.Equal((ulong)EnvelopeBatch.MaxCount, (await Shard(author).GetHeadAsync()).Sequence);
    }

    [Fact]
    public async Task A_shard_that_does_not_exist_is_refused()
    {
        var error = await Assert.ThrowsAsync<DChatException>(
            () => PublishAsync(new ShardId((ushort)TestCluster.Network.ShardCount), Author.OfShard(0).Seal(1)));
        Assert.Equal("unknown-shard", error.Code);
    }

    [Fact]
    public async Task Callers_outside_the_cluster_are_kept_off_append()
    {
        var author = Author.OfShard(5);
        var envelopes = author.Seal(1);
        var request = Appends.Of(envelopes, Door.Push);

        var error = await Assert.ThrowsAsync<DChatException>(() => Shard(author).AppendAsync(request));

        Assert.Equal("cluster-only", error.Code);
        Assert.Equal(0ul, (await Shard(author).GetHeadAsync()).Sequence);
    }

    [Fact]
    public async Task Code_in_a_silos_process_may_append()
    {
        var author = Author.OfShard(6);
        var envelopes = author.Seal(1);
        var request = Appends.Of(envelopes, Door.Gossip);

        var reply = await _cluster.SiloClient.GetGrain<ISyncShardGrain>(author.ShardKey).AppendAsync(request);

        Assert.True(Assert.Single(reply.Results).IsAccepted);
    }

    [Fact]
    public async Task Reading_pages_through_a_shard_without_gap_or_overlap()
    {
        var author = Author.OfShard(7);
        var other = Author.OfShard(7, number: 1);
        foreach (var batch in new[] { author.Seal(5), other.Seal(4), author.Seal(3) })
        {
            await PublishAsync(author.Shard, batch);
        }

        var position = new LogPosition(_cluster.Log.Id, 0);
        var seen = new List<ulong>();
        for (var page = await Shard(author).ReadAsync(position, 5); page.Envelopes.Count > 0; page = await Shard(author).ReadAsync(position, 5))
        {
            Assert.Equal(12ul, page.Head.Sequence);
            seen.AddRange(page.Sequences);
            position = position with { Sequence = page.Sequences[^1] };
        }

        Assert.Equal(Enumerable.Range(1, 12).Select(i => (ulong)i), seen);
        var topic = await Shard(author).FetchAsync(author.Topic.Tag, new LogPosition(_cluster.Log.Id, 7), 256);
        Assert.Equal([10ul, 11ul, 12ul], topic.Sequences);
        Assert.Equal([6ul, 7ul, 8ul], topic.TopicSequences);
    }

    [Fact]
    public async Task A_reply_stays_within_the_batch_bytes_but_has_at_least_one_message()
    {
        var author = Author.OfShard(8);
        for (var i = 0; i < 6; i++)
        {
            await PublishAsync(author.Shard, author.Seal(1, contentLength: 55_000));
        }

        var page = await Shard(author).ReadAsync(default, EnvelopeBatch.MaxCount);

        Assert.True(page.Envelopes.Bytes.Length <= EnvelopeBatch.MaxBytes);
        Assert.Equal(4, page.Envelopes.Count);
    }

    [Fact]
    public async Task Damaged_messages_are_holes_of_the_page_and_reading_goes_on_beyond_them()
    {
        var author = Author.OfShard(10);
        var envelopes = author.Seal(4);
        await PublishAsync(author.Shard, envelopes);
        _cluster.Log.Damage(author.Shard, 2);
        _cluster.Log.Damage(author.Shard, 4);

        var page = await Shard(author).ReadAsync(default, EnvelopeBatch.MaxCount);
        var topic = await Shard(author).FetchAsync(author.Topic.Tag, null, 2);

        Assert.Equal(envelopes.Select([0, 2]).Bytes, page.Envelopes.Bytes);
        Assert.Equal([1ul, 3ul], page.Sequences);
        Assert.Equal([1ul, 3ul], page.TopicSequences);
        Assert.Equal([2ul, 4ul], page.Holes);
        Assert.Equal(4ul, page.Through);
        Assert.Equal([1ul], topic.Sequences);
        Assert.Equal([2ul], topic.Holes);
        var rest = await Shard(author).ReadAsync(new LogPosition(_cluster.Log.Id, 3), EnvelopeBatch.MaxCount);
        Assert.Equal(0, rest.Envelopes.Count);
        Assert.Equal([4ul], rest.Holes);
    }

    [Fact]
    public async Task The_shard_itself_refuses_what_is_below_the_floor()
    {
        var old = DateTimeOffset.UnixEpoch.AddYears(50);
        var author = Author.OfShard(11, time: new FakeTimeProvider(old));
        var floor = HybridTimestamp.Create(old.AddDays(1).ToUnixTimeMilliseconds(), counter: 0);
        _cluster.Orleans.Silos[0].ServiceProvider.GetRequiredService<AdmissionPipeline>().RaiseFloor(RetentionClass.ThirtyDays, floor);
        var request = Appends.Of(author.Seal(1), Door.Sync);

        var reply = await _cluster.SiloClient.GetGrain<ISyncShardGrain>(author.ShardKey).AppendAsync(request);

        Assert.Equal(RejectionCode.BelowFloor, Assert.Single(reply.Results).Rejection);
    }

    [Fact]
    public async Task A_cursor_of_another_log_or_ahead_of_the_head_is_a_gap()
    {
        var author = Author.OfShard(9);
        await PublishAsync(author.Shard, author.Seal(1));

        var foreign = await Shard(author).FetchAsync(author.Topic.Tag, new LogPosition(new LogId(Guid.NewGuid()), 1), 10);
        var ahead = await Shard(author).ReadAsync(new LogPosition(_cluster.Log.Id, 2), 10);
        var atHead = await Shard(author).ReadAsync(new LogPosition(_cluster.Log.Id, 1), 10);

        Assert.Equal(ReadStatus.CursorGap, foreign.Status);
        Assert.Equal(ReadStatus.CursorGap, ahead.Status);
        Assert.Equal(ReadStatus.Ok, atHead.Status);
        Assert.Equal(0, atHead.Envelopes.Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(EnvelopeBatch.MaxCount + 1)]
    public async Task A_count_out_of_range_is_refused(int maxCount)
    {
        var error = await Assert.ThrowsAsync<DChatException>(() => Shard(Author.OfShard(0)).ReadAsync(default, maxCount));
        Assert.Equal("count-out-of-range", error.Code);
        Assert.False(error.IsTransient);
    }

    [Theory]
    [InlineData("dchat-test/16")]
    [InlineData("dchat-test/00")]
    [InlineData("other/0")]
    [InlineData("nothing")]
    public async Task A_key_that_is_no_shard_of_the_network_is_refused(string key)
    {
        var error = await Assert.ThrowsAsync<DChatException>(() => _cluster.Client.GetGrain<ISyncShardGrain>(key).GetHeadAsync());
        Assert.Equal("unknown-shard", error.Code);
    }

    [Fact]
    public async Task The_network_describes_itself()
    {
        var description = await _cluster.Client.GetGrain<IAdmissionGrain>(0).DescribeAsync();
        Assert.Equal((TestCluster.Network.Network, TestCluster.Network.ShardBits), (description.Network, description.ShardBits));
    }

    private ISyncShardGrain Shard(Author author) => _cluster.Client.GetGrain<ISyncShardGrain>(author.ShardKey);

    private Task<PublishReply> PublishAsync(ShardId shard, EnvelopeBatch envelopes) =>
        _cluster.Client.GetGrain<IAdmissionGrain>(0).PublishAsync(new PublishRequest(shard, envelopes));
}
