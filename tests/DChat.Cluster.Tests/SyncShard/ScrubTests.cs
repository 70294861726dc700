using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Core;
using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Segments;
using DChat.Testing.Clusters;
using DChat.Testing.Messages;

namespace DChat.Cluster.Tests.SyncShard;

/// <summary>A shard reads again what it keeps.</summary>
public sealed class ScrubTests : IAsyncLifetime
{
    private readonly Author _author = Author.OfShard(3);
    private TestCluster _cluster = null!;

    private ISyncShardGrain Shard => _cluster.SiloClient.GetGrain<ISyncShardGrain>(_author.ShardKey);

    public async ValueTask InitializeAsync() => _cluster = await TestCluster.StartAsync();

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task Everything_is_read_once_segment_by_segment_and_page_by_page()
    {
        await AppendAsync(300);
        await Shard.SealAsync(new EpochId(1), new HybridTimestamp(ulong.MaxValue));
        await AppendAsync(200);
        await Shard.SealAsync(new EpochId(2), new HybridTimestamp(ulong.MaxValue));
        await AppendAsync(1_100);

        Assert.Equal((1_600, 2, 0), await ScrubAsync());
    }

    [Fact]
    public async Task What_cannot_be_read_back_is_named()
    {
        await AppendAsync(10);
        _cluster.Log.Damage(_author.Shard, 4);

        List<string> problems = [];
        Assert.Equal((10, 0, 1), await ScrubAsync(problems));
        Assert.Contains("at sequence 4 of shard 3 cannot be read back", Assert.Single(problems), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_position_that_is_none_is_refused()
    {
        var fault = await Assert.ThrowsAsync<DChatException>(() => Shard.ScrubAsync(new ScrubPosition("no root", 0)));

        Assert.Equal("position-malformed", fault.Code);
    }

    private async Task<(int Messages, int Segments, int Problems)> ScrubAsync(List<string>? problems = null)
    {
        var (messages, segments, count) = (0, 0, 0);
        for (var position = ScrubPosition.Start; position is not null;)
        {
            var page = await Shard.ScrubAsync(position);
            (messages, segments, count) = (messages + page.Messages, segments + page.Segments, count + page.Problems.Length);
            problems?.AddRange(page.Problems);
            position = page.Next;
        }

        return (messages, segments, count);
    }

    private async Task AppendAsync(int count)
    {
        for (var left = count; left > 0; left -= 100)
        {
            Assert.All((await Shard.AppendAsync(Appends.Of(_author.Seal(Math.Min(left, 100)), Door.Push))).Results, result => Assert.True(result.IsAccepted));
        }
    }
}
