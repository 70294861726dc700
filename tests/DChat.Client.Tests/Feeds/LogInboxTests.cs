using DChat.Core;
using DChat.Core.Shards;
using DChat.Feeds;

namespace DChat.Client.Tests.Feeds;

public sealed class LogInboxTests
{
    private static readonly LogId Log = new(Guid.Parse("0f8fad5b-d9cb-469f-a165-70867728950e"));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_inbox_takes_bytes_up_to_its_limit_and_remembers_the_head_beyond()
    {
        var first = FakeLog.Range(Log, 1, 3);
        var second = FakeLog.Range(Log, 4, 1);
        var inbox = new LogInbox(first.Envelopes.Bytes.Length + second.Envelopes.Bytes.Length);

        Assert.True(inbox.TryAdd(first));
        Assert.True(inbox.TryAdd(second));
        Assert.False(inbox.TryAdd(FakeLog.Range(Log, 5, 1)));

        var position = new LogPosition(Log, 0);
        Assert.Same(first, (await inbox.TakeAsync(position, Token)).Range);
        Assert.Same(second, (await inbox.TakeAsync(position, Token)).Range);
        var dropped = await inbox.TakeAsync(new LogPosition(Log, 4), Token);
        Assert.Null(dropped.Range);
        Assert.Equal(5UL, dropped.Head.Sequence);
    }

    [Fact]
    public void An_inbox_takes_ranges_up_to_its_limit_and_none_beyond()
    {
        var inbox = new LogInbox(long.MaxValue);
        var range = FakeLog.Range(Log, 4, 1);
        for (var i = 0; i < LogInbox.MaxRanges; i++)
        {
            Assert.True(inbox.TryAdd(range));
        }

        Assert.False(inbox.TryAdd(range));
    }

    [Fact]
    public void An_empty_inbox_takes_a_range_of_any_size() => Assert.True(new LogInbox(maxBytes: 1).TryAdd(FakeLog.Range(Log, 1, 9)));

    [Fact]
    public async Task Room_made_by_taking_is_used_again()
    {
        var inbox = new LogInbox(maxBytes: 1);
        Assert.True(inbox.TryAdd(FakeLog.Range(Log, 1, 1)));
        await inbox.TakeAsync(new LogPosition(Log, 0), Token);

        Assert.True(inbox.TryAdd(FakeLog.Range(Log, 2, 1)));
    }

    [Fact]
    public async Task A_follower_that_waits_is_woken_by_a_range_by_a_head_and_by_the_end()
    {
        var inbox = new LogInbox(maxBytes: 1024);

        var waiting = inbox.TakeAsync(new LogPosition(Log, 0), Token).AsTask();
        Assert.False(waiting.IsCompleted);
        inbox.TryAdd(FakeLog.Range(Log, 1, 1));
        Assert.NotNull((await waiting).Range);

        waiting = inbox.TakeAsync(new LogPosition(Log, 1), Token).AsTask();
        inbox.NoteHead(new LogPosition(Log, 1));
        Assert.False(waiting.IsCompleted);
        inbox.NoteHead(new LogPosition(Log, 2));
        Assert.Equal(2UL, (await waiting).Head.Sequence);

        waiting = inbox.TakeAsync(new LogPosition(Log, 2), Token).AsTask();
        inbox.Close(new DChatException("some-end", "The end."));
        Assert.Equal("some-end", (await Assert.ThrowsAsync<DChatException>(() => waiting)).Code);
    }

    [Fact]
    public async Task What_is_queued_is_taken_before_the_end_is_seen()
    {
        var inbox = new LogInbox(maxBytes: 1024);
        inbox.TryAdd(FakeLog.Range(Log, 1, 1));
        inbox.Close(new DChatException("some-end", "The end."));

        Assert.NotNull((await inbox.TakeAsync(new LogPosition(Log, 0), Token)).Range);
    }

    [Fact]
    public async Task Waiting_can_be_cancelled()
    {
        using var cancel = new CancellationTokenSource();
        var waiting = new LogInbox(maxBytes: 1024).TakeAsync(new LogPosition(Log, 0), cancel.Token);
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.AsTask());
    }
}
