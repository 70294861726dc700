using DChat.Client.Tests.Fakes;
using DChat.Core.Envelopes;
using DChat.Core.Sealing;
using DChat.Core.Shards;

namespace DChat.Client.Tests;

/// <summary>History, page by page.</summary>
public sealed partial class DChatClientTests
{
    [Fact]
    public async Task Pages_lead_through_the_whole_history()
    {
        for (var i = 0; i < 5; i++)
        {
            await PublishAsync($"{i}");
        }

        List<string> fetched = [];
        LogPosition? cursor = null;
        FetchPage page;
        do
        {
            page = await Client.FetchAsync(_topic, cursor, limit: 2, Token);
            Assert.InRange(page.Messages.Count, 0, 2);
            fetched.AddRange(page.Messages.Select(message => message.GetText()));
            cursor = page.Next;
        }
        while (page.HasMore);

        Assert.Equal(["0", "1", "2", "3", "4"], fetched);
        Assert.Equal(page.Head, page.Next);
        Assert.Equal([1UL, 2UL], (await Client.FetchAsync(_topic, limit: 2, cancellationToken: Token)).Messages.Select(m => m.TopicSequence!.Value));
    }

    [Fact]
    public async Task A_page_after_a_cursor_of_another_log_says_so()
    {
        var cursor = (await Client.PublishAsync(_topic, "gone", cancellationToken: Token)).Position;
        Shard.Replace();

        var page = await Client.FetchAsync(_topic, cursor, cancellationToken: Token);

        Assert.True(page.IsCursorGap);
        Assert.Empty(page.Messages);
        Assert.False(page.HasMore);
        Assert.Equal(Shard.Head, page.Next);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(257)]
    public async Task A_page_limit_out_of_range_is_refused(int limit) =>
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Client.FetchAsync(_topic, limit: limit, cancellationToken: Token));

    [Fact]
    public async Task Two_messages_under_one_sequence_are_found_on_two_pages_each_time_they_are_read()
    {
        var first = Forge("yes", sequence: 7);
        var second = Forge("no", sequence: 7);
        Shard.Append(first, second);
        for (var round = 0; round < 2; round++)
        {
            var page = await Client.FetchAsync(_topic, limit: 1, cancellationToken: Token);
            Assert.Equal(ReplayVerdict.Fresh, Assert.Single(page.Messages).Verdict);

            var message = Assert.Single((await Client.FetchAsync(_topic, page.Next, limit: 1, Token)).Messages);
            Assert.Equal(ReplayVerdict.Equivocation, message.Verdict);
            Assert.Equal(MessageId.Compute(first), message.Equivocation!.First);
            Assert.Equal(MessageId.Compute(second), message.Equivocation!.Second);
        }
    }

    [Fact]
    public async Task A_damaged_record_is_a_hole_and_what_stands_around_it_is_read()
    {
        using var meter = new CountingMeter("dchat.client.skipped");
        foreach (var text in new[] { "before", "damaged", "after" })
        {
            await PublishAsync(text);
        }

        Shard.Damage(2);
        var page = await Client.FetchAsync(_topic, cancellationToken: Token);

        Assert.Equal(["before", "after"], page.Messages.Select(message => message.GetText()));
        Assert.Equal([new LogPosition(Shard.Log, 2)], page.Holes);
        Assert.Equal(1, meter.Of("reason", "damaged"));
        Assert.Equal(["before", "after"], (await ReceiveAsync(StartPosition.Beginning, 2)).Select(message => message.GetText()));
        Assert.Equal(2, meter.Of("reason", "damaged"));
    }

    [Fact]
    public async Task A_damaged_record_at_the_end_does_not_stop_a_reader()
    {
        await PublishAsync("damaged");
        Shard.Damage(1);

        var page = await Client.FetchAsync(_topic, cancellationToken: Token);

        Assert.Empty(page.Messages);
        Assert.Equal(Shard.Head, page.Next);
        Assert.False(page.HasMore);
    }
}
