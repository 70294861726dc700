using CsCheck;
using DChat.Abstractions.Streams;
using DChat.Client.Tests.Fakes;
using DChat.Core;
using DChat.Core.Shards;
using DChat.Feeds;

namespace DChat.Client.Tests.Feeds;

public sealed class LogFollowerTests
{
    private static readonly LogId Log = new(Guid.Parse("0f8fad5b-d9cb-469f-a165-70867728950e"));
    private static readonly LogId OtherLog = new(Guid.Parse("7c9e6679-7425-40de-944b-e07fc1f90ae7"));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Ranges_that_follow_each_other_are_passed_on_without_a_read()
    {
        var log = new FakeLog(Log, head: 0);
        var inbox = new LogInbox(maxBytes: 1024);
        await using var follower = Follow(inbox, log, after: 0);

        Bring(inbox, log, 1, 3);
        Bring(inbox, log, 4, 1);

        Assert.Equal([1, 2, 3, 4], await TakeAsync(follower, 4));
        Assert.Equal(0, log.Reads);
    }

    [Fact]
    public async Task A_missing_range_is_read_before_the_one_behind_it()
    {
        var log = new FakeLog(Log, head: 0);
        var inbox = new LogInbox(maxBytes: 1024);
        await using var follower = Follow(inbox, log, after: 0);

        log.Head = 5;
        Bring(inbox, log, 6, 2);

        Assert.Equal([1, 2, 3, 4, 5, 6, 7], await TakeAsync(follower, 7));
    }

    [Fact]
    public async Task What_a_range_repeats_is_cut_off()
    {
        var log = new FakeLog(Log, head: 0);
        var inbox = new LogInbox(maxBytes: 1024);
        await using var follower = Follow(inbox, log, after: 0);

        Bring(inbox, log, 1, 4);
        Bring(inbox, log, 2, 2);
        Bring(inbox, log, 3, 4);

        Assert.Equal([1, 2, 3, 4, 5, 6], await TakeAsync(follower, 6));
    }

    [Fact]
    public async Task A_heartbeat_ahead_is_enough_to_read()
    {
        var log = new FakeLog(Log, head: 3);
        var inbox = new LogInbox(maxBytes: 1024);
        await using var follower = Follow(inbox, log, after: 1);

        inbox.NoteHead(new LogPosition(Log, 3));

        Assert.Equal([2, 3], await TakeAsync(follower, 2));
    }

    [Fact]
    public async Task Pruned_sequences_are_passed_over()
    {
        var log = new FakeLog(Log, head: 9) { Pruned = [1, 2, 5, 9] };
        var inbox = new LogInbox(maxBytes: 1024);
        await using var follower = Follow(inbox, log, after: 0);

        inbox.NoteHead(new LogPosition(Log, 9));
        Assert.Equal([3, 4, 6, 7, 8], await TakeAsync(follower, 5));

        Bring(inbox, log, 10, 1);
        Assert.Equal([10], await TakeAsync(follower, 1));
    }

    [Theory]
    [InlineData(CursorGapAction.Restart, new ulong[] { 1, 2, 3 })]
    [InlineData(CursorGapAction.SkipToHead, new ulong[] { 3 })]
    public async Task Another_log_is_joined_as_the_options_say(CursorGapAction onGap, ulong[] expected)
    {
        var log = new FakeLog(Log, head: 7);
        var inbox = new LogInbox(maxBytes: 1024);
        await using var follower = Follow(inbox, log, after: 7, onGap);

        log.Id = OtherLog;
        log.Head = 2;
        inbox.NoteHead(new LogPosition(OtherLog, 2));
        var taking = TakeAsync(follower, expected.Length);
        await FakeTime.UntilAsync(() => log.Heads > 0);
        Bring(inbox, log, 3, 1);

        Assert.Equal(expected, await taking);
    }

    [Fact]
    public async Task Another_log_ends_a_subscription_that_must_not_skip()
    {
        var log = new FakeLog(OtherLog, head: 2);
        var inbox = new LogInbox(maxBytes: 1024);
        await using var follower = Follow(inbox, log, after: 7);

        inbox.NoteHead(new LogPosition(OtherLog, 2));

        var gap = await Assert.ThrowsAsync<DChatException>(() => TakeAsync(follower, 1));
        Assert.Equal(DChatErrorCodes.CursorGap, gap.Code);
        Assert.False(gap.IsTransient);
    }

    [Fact]
    public async Task A_cursor_the_log_refuses_is_a_gap()
    {
        var log = new FakeLog(Log, head: 9) { Floor = 5 };
        var inbox = new LogInbox(maxBytes: 1024);
        await using var follower = Follow(inbox, log, after: 3);

        inbox.NoteHead(new LogPosition(Log, 9));

        Assert.Equal(DChatErrorCodes.CursorGap, (await Assert.ThrowsAsync<DChatException>(() => TakeAsync(follower, 1))).Code);
    }

    [Fact]
    public async Task A_log_that_refuses_its_own_beginning_does_not_restart_for_ever()
    {
        var log = new FakeLog(Log, head: 9) { RefusesAll = true };
        var inbox = new LogInbox(maxBytes: 1024);
        await using var follower = Follow(inbox, log, after: 3, CursorGapAction.Restart);

        inbox.NoteHead(new LogPosition(Log, 9));

        Assert.Equal(DChatErrorCodes.CursorGap, (await Assert.ThrowsAsync<DChatException>(() => TakeAsync(follower, 1))).Code);
    }

    [Fact]
    public async Task A_late_item_of_a_log_that_was_replaced_changes_nothing()
    {
        var log = new FakeLog(Log, head: 4);
        var inbox = new LogInbox(maxBytes: 1024);
        await using var follower = Follow(inbox, log, after: 4);

        inbox.TryAdd(FakeLog.Range(OtherLog, 90, 3));
        var taking = TakeAsync(follower, 2);
        await FakeTime.UntilAsync(() => log.Heads > 0);
        Bring(inbox, log, 5, 2);

        Assert.Equal([5, 6], await taking);
    }

    [Fact]
    public async Task A_read_that_lags_behind_the_stream_is_repeated_until_it_catches_up()
    {
        var log = new FakeLog(Log, head: 0);
        var inbox = new LogInbox(maxBytes: 1024);
        await using var follower = Follow(inbox, log, after: 0);
        log.OnPause = () => log.Head = log.Pauses == LogFollower.MaxFruitlessReads - 1 ? 4UL : 0;

        inbox.TryAdd(FakeLog.Range(Log, 5, 1));

        Assert.Equal([1, 2, 3, 4, 5], await TakeAsync(follower, 5));
    }

    [Fact]
    public async Task A_log_that_stays_behind_what_it_sent_has_gone_back()
    {
        var log = new FakeLog(Log, head: 0);
        var inbox = new LogInbox(maxBytes: 1024);
        await using var follower = Follow(inbox, log, after: 0);

        inbox.TryAdd(FakeLog.Range(Log, 5, 1));

        Assert.Equal(DChatErrorCodes.CursorGap, (await Assert.ThrowsAsync<DChatException>(() => TakeAsync(follower, 1))).Code);
        Assert.Equal(LogFollower.MaxFruitlessReads - 1, log.Pauses);
    }

    // A step of the stream: how many messages are appended, and what becomes of the batch that tells of them.
    [Fact]
    public Task Whatever_the_stream_does_every_position_comes_once_and_in_order() => Gen.Select(
            Gen.Select(Gen.Int[1, 5], Gen.Enum<Fate>()).Array[1, 40], Gen.Int[1, 64], Gen.Int[0, 8])
        .SampleAsync(async (steps, inboxBytes, cursor) =>
        {
            var log = new FakeLog(Log, head: 8);
            var inbox = new LogInbox(inboxBytes);
            var follower = Follow(inbox, log, (ulong)cursor);
            List<EnvelopeRange> held = [];
            inbox.NoteHead(new LogPosition(Log, log.Head));
            foreach (var (count, fate) in steps)
            {
                var batch = log.Append(count);
                if (fate is Fate.Delivered or Fate.Repeated)
                {
                    inbox.TryAdd(batch);
                }

                if (fate is Fate.Repeated or Fate.Late)
                {
                    held.Add(batch);
                }

                if (fate is Fate.Heartbeat)
                {
                    inbox.NoteHead(new LogPosition(Log, log.Head));
                }

                if (fate is Fate.ReleasesHeld)
                {
                    held.ForEach(late => inbox.TryAdd(late));
                    held.Clear();
                }
            }

            inbox.NoteHead(new LogPosition(Log, log.Head));
            var delivered = await TakeAsync(follower, (int)log.Head - cursor);
            await follower.DisposeAsync();
            return delivered.SequenceEqual(Enumerable.Range(cursor + 1, (int)log.Head - cursor).Select(s => (ulong)s));
        }, iter: 2_000, threads: 1);

    private enum Fate
    {
        Delivered,
        Dropped,
        Repeated,
        Late,
        Heartbeat,
        ReleasesHeld,
    }

    private static IAsyncEnumerator<EnvelopeRange> Follow(
        LogInbox inbox, FakeLog log, ulong after, CursorGapAction onGap = CursorGapAction.Throw) =>
        new LogFollower(inbox, log, onGap).FollowAsync(new LogPosition(Log, after), Token).GetAsyncEnumerator(Token);

    private static void Bring(LogInbox inbox, FakeLog log, ulong first, int count)
    {
        log.Head = Math.Max(log.Head, first + (ulong)count - 1);
        Assert.True(inbox.TryAdd(FakeLog.Range(log.Id, first, count)));
    }

    private static async Task<List<ulong>> TakeAsync(IAsyncEnumerator<EnvelopeRange> follower, int count)
    {
        List<ulong> sequences = [];
        while (sequences.Count < count && await follower.MoveNextAsync())
        {
            sequences.AddRange(Enumerable.Range(0, follower.Current.Envelopes.Count).Select(follower.Current.SequenceAt));
            Assert.All(follower.Current.Envelopes.Envelopes.Zip(sequences[^follower.Current.Envelopes.Count..]), pair =>
                Assert.Equal(FakeLog.EnvelopeAt(pair.Second), pair.First.ToArray()));
        }

        return sequences;
    }
}
