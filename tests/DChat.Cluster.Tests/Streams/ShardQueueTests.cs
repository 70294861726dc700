using DChat.Abstractions.Streams;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Grains.Streams;
using DChat.Grains.SyncShard;
using Microsoft.Extensions.Options;
using Orleans.Providers.Streams.Common;
using Orleans.Streams;

namespace DChat.Cluster.Tests.Streams;

public sealed class ShardQueueTests
{
    private static readonly LogId Log = new(Guid.Parse("0f8fad5b-d9cb-469f-a165-70867728950e"));
    private static readonly StreamId Stream = ShardStreams.Of(new NetworkOptions().Network, 0);

    private readonly ShardQueue _queue = new(
        Options.Create(new NetworkOptions()), Options.Create(new SyncShardOptions { MaxGossipBacklogBytes = 1000 }));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_reader_waits_for_the_first_item_and_gets_what_is_there_in_order()
    {
        var taking = _queue.TakeAsync(10, Token);
        Assert.False(taking.IsCompleted);

        _queue.Add(group: 0, Batch(1));
        _queue.Add(group: 1, Batch(2));

        Assert.Equal([1UL], (await taking).Select(FirstOf).Take(1));
    }

    [Fact]
    public async Task A_reader_that_stops_does_not_wait_on_and_gets_nothing()
    {
        using var stop = new CancellationTokenSource();
        var taking = _queue.TakeAsync(10, stop.Token);

        await stop.CancelAsync();

        Assert.Empty(await taking);
        _queue.Add(group: 0, Batch(1));
        Assert.Empty(await _queue.TakeAsync(10, stop.Token));
        Assert.Single(await _queue.TakeAsync(10, Token));
    }

    [Fact]
    public async Task The_queue_holds_bytes_up_to_its_limit_and_drops_the_oldest_beyond()
    {
        _queue.Add(group: 0, Batch(1, bytes: 500));
        _queue.Add(group: 0, Batch(2, bytes: 500));
        Assert.Equal([1UL, 2UL], (await _queue.TakeAsync(10, Token)).Select(FirstOf));

        _queue.Add(group: 0, Batch(3, bytes: 500));
        _queue.Add(group: 0, Batch(4, bytes: 500));
        _queue.Add(group: 0, Batch(5, bytes: 1));
        Assert.Equal([4UL, 5UL], (await _queue.TakeAsync(10, Token)).Select(FirstOf));
    }

    [Fact]
    public async Task The_queue_holds_items_up_to_its_limit_and_drops_the_oldest_beyond()
    {
        for (var i = 1; i <= QueuedItem.MaxItems + 1; i++)
        {
            _queue.Add(group: 0, new ShardHeartbeat("silo", Log, [], []));
        }

        var taken = await _queue.TakeAsync(QueuedItem.MaxItems * 2, Token);

        Assert.Equal(QueuedItem.MaxItems, taken.Count);
        Assert.Equal(2, ((ShardItemContainer)taken[0]).Number);
    }

    [Fact]
    public void A_slow_subscriber_loses_its_oldest_and_holds_up_nobody()
    {
        var cache = new ShardQueueCache(maxBytes: 1000);
        var slow = CursorOf(cache);
        var quick = CursorOf(cache);

        for (var i = 1; i <= 5; i++)
        {
            cache.AddToCache([Container(i, bytes: 400)]);
            Assert.Equal(i, Next(quick));
        }

        Assert.False(cache.IsUnderPressure());
        Assert.Equal([4L, 5L, null], [Next(slow), Next(slow), Next(slow)]);
    }

    [Fact]
    public void A_subscriber_that_comes_while_the_stream_is_registered_begins_with_the_item_that_caused_it()
    {
        var cache = new ShardQueueCache(maxBytes: 1000);
        cache.AddToCache([Container(1), Container(2)]);

        var cursor = CursorOf(cache, new EventSequenceTokenV2(2));
        cache.AddToCache([Container(3)]);

        Assert.Equal([2L, 3L, null], [Next(cursor), Next(cursor), Next(cursor)]);
    }

    [Fact]
    public void A_subscriber_that_left_is_forgotten()
    {
        var cache = new ShardQueueCache(maxBytes: 1000);
        var cursor = CursorOf(cache);
        Assert.Equal(1, cache.CursorCount);

        cursor.Dispose();

        Assert.Equal(0, cache.CursorCount);
    }

    // As the pulling agent asks for it.
    private static IQueueCacheCursor CursorOf(IQueueCache cache, StreamSequenceToken? token = null) =>
        cache.TryGetCacheCursor(Stream, token).Cursor!;

    private static ShardBatch Batch(ulong first, int bytes = 1) => new(
        default, Log, first, first, new EnvelopeBatch(new byte[bytes], [bytes]), Door.Push, traceParent: null);

    private static ShardItemContainer Container(int number, int bytes = 1) => new(Stream, Batch((ulong)number, bytes), number);

    private static ulong FirstOf(IBatchContainer container) =>
        ((ShardBatch)((ShardItemContainer)container).Item).FirstSequence;

    private static long? Next(IQueueCacheCursor cursor) =>
        cursor.MoveNextWithResult() == QueueCacheCursorMoveResult.Success ? ((ShardItemContainer)cursor.GetCurrent(out _)!).Number : null;
}
