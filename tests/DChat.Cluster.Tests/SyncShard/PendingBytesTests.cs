using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Grains.SyncShard;
using DChat.Testing.Clusters;
using DChat.Testing.Messages;
using Microsoft.Extensions.DependencyInjection;

namespace DChat.Cluster.Tests.SyncShard;

public sealed class PendingBytesTests
{
    [Fact]
    public void Batches_are_taken_up_to_the_limit_and_beyond_it_one_for_each_shard_in_which_nothing_waits()
    {
        var pending = new PendingBytes(1_000);
        Assert.True(pending.TryTake(600, isFirst: false));
        Assert.False(pending.TryTake(401, isFirst: false));
        Assert.True(pending.TryTake(400, isFirst: false));
        Assert.True(pending.TryTake(500, isFirst: true));
        Assert.False(pending.TryTake(1, isFirst: false));

        pending.Return(500);
        Assert.False(pending.TryTake(1, isFirst: false));
        pending.Return(600);
        Assert.True(pending.TryTake(600, isFirst: false));
        Assert.False(pending.TryTake(1, isFirst: false));
    }

    [Fact]
    public async Task What_waits_in_one_shard_leaves_no_room_for_more_of_it_and_does_not_keep_another_from_its_first_batch()
    {
        var (busy, quiet) = (Author.OfShard(0), Author.OfShard(1));
        var first = busy.Seal(8);
        await using var cluster = await TestCluster.StartAsync(
            configureSilo: silo => silo.Services.AddSingleton(new PendingBytes(first.Bytes.Length)));
        var (reached, released) = (new TaskCompletionSource(), new TaskCompletionSource());
        cluster.Log.BeforeCommit = async (_, _) =>
        {
            reached.TrySetResult();
            await released.Task;
            return AppendOutcome.Durable;
        };
        var waiting = AppendAsync(busy, first);
        await reached.Task;

        var more = busy.Seal(1);
        var refused = await AppendAsync(busy, more);
        var other = AppendAsync(quiet, quiet.Seal(1));

        Assert.Equal(RejectionCode.Overloaded, Assert.Single(refused.Results).Rejection);
        released.SetResult();
        Assert.All((await waiting).Results.Concat((await other).Results), result => Assert.True(result.IsAccepted));
        Assert.True(Assert.Single((await AppendAsync(busy, more)).Results).IsAccepted);

        Task<PublishReply> AppendAsync(Author author, EnvelopeBatch envelopes) => cluster.SiloClient
            .GetGrain<ISyncShardGrain>(GrainKeys.Shard(TestCluster.Network.Network, author.Shard)).AppendAsync(Appends.Of(envelopes, Door.Push));
    }
}
