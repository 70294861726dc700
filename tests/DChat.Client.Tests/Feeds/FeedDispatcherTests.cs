using DChat.Abstractions.Streams;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Feeds;
using DChat.Testing.Messages;

namespace DChat.Client.Tests.Feeds;

public sealed class FeedDispatcherTests
{
    private static readonly LogId Log = new(Guid.Parse("0f8fad5b-d9cb-469f-a165-70867728950e"));

    private readonly FeedDispatcher _dispatcher = new(bufferBytes: 1 << 20);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Each_envelope_is_looked_at_once_however_many_topics_are_followed()
    {
        var author = Author.OfShard(1);
        _dispatcher.MoveTo(new LogPosition(Log, 0));
        for (var i = 0; i < 10_000; i++)
        {
            _dispatcher.Add(new TopicTag([.. BitConverter.GetBytes((long)i), .. new byte[8]]), skipsSynced: false);
        }

        _dispatcher.Dispatch(Range(1, author.Seal(100)));

        Assert.Equal(100, _dispatcher.TagsRead);
    }

    [Fact]
    public async Task A_follower_of_a_topic_gets_its_messages_and_sees_no_gap_where_others_stand()
    {
        var ours = Author.OfShard(1);
        var others = Author.OfShard(1, number: 2);
        _dispatcher.MoveTo(new LogPosition(Log, 5));
        var inbox = _dispatcher.Add(ours.Topic.Tag, skipsSynced: false);

        _dispatcher.Dispatch(Range(6, others.Seal(3)));
        _dispatcher.Dispatch(Range(9, EnvelopeBatch.Join([others.Seal(1), ours.Seal(2)])));

        var range = (await inbox.TakeAsync(new LogPosition(Log, 5), Token)).Range!;
        Assert.Equal((6UL, 11UL), (range.First, range.Through));
        Assert.Equal([10UL, 11UL], [range.SequenceAt(0), range.SequenceAt(1)]);
    }

    [Fact]
    public async Task After_a_break_in_the_feed_nobody_is_told_that_nothing_was_missed()
    {
        var ours = Author.OfShard(1);
        _dispatcher.MoveTo(new LogPosition(Log, 5));
        var inbox = _dispatcher.Add(ours.Topic.Tag, skipsSynced: false);

        _dispatcher.Dispatch(Range(20, ours.Seal(1)));
        var news = await inbox.TakeAsync(new LogPosition(Log, 5), Token);
        _dispatcher.Dispatch(Range(21, ours.Seal(1)));

        Assert.Null(news.Range);
        Assert.Equal(20UL, news.Head.Sequence);
        Assert.Equal(21UL, (await inbox.TakeAsync(new LogPosition(Log, 20), Token)).Range!.First);
    }

    [Fact]
    public async Task A_dropped_range_leaves_a_gap_before_the_next()
    {
        var dispatcher = new FeedDispatcher(bufferBytes: 1);
        var ours = Author.OfShard(1);
        dispatcher.MoveTo(new LogPosition(Log, 0));
        var inbox = dispatcher.Add(ours.Topic.Tag, skipsSynced: false);

        dispatcher.Dispatch(Range(1, ours.Seal(1)));
        dispatcher.Dispatch(Range(2, ours.Seal(1)));
        await inbox.TakeAsync(new LogPosition(Log, 0), Token);
        dispatcher.Dispatch(Range(3, ours.Seal(1)));

        Assert.Equal(3UL, (await inbox.TakeAsync(new LogPosition(Log, 1), Token)).Range!.First);
    }

    [Fact]
    public void A_follower_that_left_is_forgotten()
    {
        var tag = Author.OfShard(1).Topic.Tag;
        var inbox = _dispatcher.Add(tag, skipsSynced: false);
        var other = _dispatcher.Add(topic: null, skipsSynced: true);
        Assert.True(_dispatcher.WantsSynced);

        _dispatcher.Remove(inbox, tag);
        Assert.False(_dispatcher.WantsSynced);
        Assert.False(_dispatcher.IsEmpty);
        _dispatcher.Remove(other, topic: null);

        Assert.True(_dispatcher.IsEmpty);
    }

    private static EnvelopeRange Range(ulong first, EnvelopeBatch envelopes) => EnvelopeRange.Of(
        new ShardBatch(default, Log, first, first + (ulong)envelopes.Count - 1, envelopes, Door.Push, traceParent: null));
}
