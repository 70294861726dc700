using System.Net;
using DChat.Core.Admission;
using DChat.Core.Keys;
using DChat.Core.Topics;

namespace DChat.Core.Tests.Admission;

/// <summary>What topics, networks and authors can make admission remember.</summary>
public sealed class TopicSharesTests
{
    private const int Tracked = 256;
    private const int TicksPerSecond = 1000;

    private static readonly SharePart Part = new(Rate: 1, Burst: 100, ActiveTicks: 1000);

    private readonly TopicShares _shares = new(
        new QuotaOptions { TokensPerSecond = 10, Burst = QuotaOptions.MinBurst, MaxTracked = Tracked }, TicksPerSecond);

    [Fact]
    public void Topics_without_number_take_no_more_room_than_there_is()
    {
        for (var topic = 0; topic < 10 * Tracked; topic++)
        {
            _shares.Take(Claim(topic, network: topic, author: topic), now: topic);
            Assert.InRange(_shares.Count.Topics, 1, Tracked);
            Assert.InRange(_shares.Count.Shares, 1, Tracked);
            Assert.InRange(_shares.Count.Authors, 1, Tracked);
        }
    }

    [Fact]
    public void One_network_takes_no_more_than_its_part_and_loses_what_it_used_longest_ago()
    {
        const int Part = Tracked / TopicShares.PartOfNetwork;
        _shares.Take(Claim(topic: 1000, network: 2, author: 1, tokens: QuotaOptions.MinBurst), now: 0);
        for (var topic = 0; topic < 3 * Part; topic++)
        {
            _shares.Take(Claim(topic, network: 1, author: topic), now: topic);
        }

        Assert.Equal(Part + 1, _shares.Count.Shares);
        Assert.InRange(_shares.Count.Authors, 1, Part + 1);
        Assert.InRange(_shares.WaitFor(Claim(topic: 1000, network: 2, author: 2), now: 3 * Part), 1, long.MaxValue);
    }

    [Fact]
    public void A_share_knows_64_authors_and_a_flood_of_new_ones_pushes_out_none_of_the_others()
    {
        var share = new TopicShare(new SharedTopic(), default);
        for (var author = 0; author < 10 * TopicShare.MaxAuthors; author++)
        {
            Take(share, author, now: author);
            Assert.InRange(share.Authors, 1, TopicShare.MaxAuthors);
        }

        Assert.All(Enumerable.Range(0, TopicShare.MaxAuthors - 1), author => Assert.True(share.Knows(Key(author))));
        Assert.False(share.Knows(Key(TopicShare.MaxAuthors - 1)));
        Assert.True(share.Knows(Key((10 * TopicShare.MaxAuthors) - 1)));
    }

    [Fact]
    public void An_author_not_heard_for_an_hour_makes_room()
    {
        var share = new TopicShare(new SharedTopic(), default);
        for (var author = 0; author < TopicShare.MaxAuthors; author++)
        {
            Take(share, author, now: author == 5 ? 0 : 10);
        }

        share.Take(Key(1000), 1, Part, now: 20, forgetBefore: 10, mayRemember: true);

        Assert.False(share.Knows(Key(5)));
        Assert.True(share.Knows(Key(TopicShare.MaxAuthors - 1)));
    }

    [Fact]
    public void Newcomers_cannot_take_the_half_of_those_who_were_there_before()
    {
        var part = new SharePart(Rate: 1e-9, Burst: 400, ActiveTicks: 10);
        var share = new TopicShare(new SharedTopic(), default);
        Take(share, author: 1, now: 0);
        Take(share, author: 1, now: 0);
        for (var newcomer = 100; newcomer < 400; newcomer++)
        {
            share.Take(Key(newcomer), 1, part, now: 0, forgetBefore: 0, mayRemember: false);
        }

        Assert.NotEqual(0, share.WaitFor(Key(999), 1, part, now: 0));
        Assert.Equal(0, share.WaitFor(Key(1), 199, part, now: 0));
        Assert.NotEqual(0, share.WaitFor(Key(1), 200, part, now: 0));
    }

    [Fact]
    public void What_was_taken_while_few_shared_keeps_nobody_waiting_when_many_do()
    {
        var share = new TopicShare(new SharedTopic(), default);
        Take(share, author: 1, now: 0);
        share.Take(Key(1), 4096, new SharePart(Rate: 1, Burst: 4096, ActiveTicks: 10), now: 0, forgetBefore: 0, mayRemember: true);

        Assert.InRange(share.WaitFor(Key(1), 1, new SharePart(Rate: 0.01, Burst: 60, ActiveTicks: 10), now: 0), 1, 200);
    }

    [Fact]
    public void What_known_authors_give_back_is_not_given_to_newcomers()
    {
        var part = new SharePart(Rate: 1e-9, Burst: 400, ActiveTicks: 10);
        var share = new TopicShare(new SharedTopic(), default);
        Take(share, author: 1, now: 0);
        Take(share, author: 1, now: 0);
        share.Take(Key(2), 199, part, now: 0, forgetBefore: 0, mayRemember: false);
        Assert.NotEqual(0, share.WaitFor(Key(2), 100, part, now: 0));

        share.Give(share.Take(Key(1), 100, part, now: 0, forgetBefore: 0, mayRemember: true));

        Assert.NotEqual(0, share.WaitFor(Key(2), 100, part, now: 0));
    }

    [Fact]
    public void Newcomers_use_all_of_a_share_while_nobody_else_does()
    {
        var part = new SharePart(Rate: 1e-9, Burst: 400, ActiveTicks: 10);
        var share = new TopicShare(new SharedTopic(), default);

        Assert.Equal(0, share.WaitFor(Key(1), 400, part, now: 0));
        Assert.NotEqual(0, share.WaitFor(Key(1), 401, part, now: 0));
    }

    private static void Take(TopicShare share, int author, long now) =>
        share.Take(Key(author), 1, Part, now, forgetBefore: 0, mayRemember: true);

    private static TopicClaim Claim(int topic, int network, int author, int tokens = 1) => new(
        new TopicTag(Bytes(topic, TopicTag.Length)), NetworkPrefix.Of(new IPAddress(Bytes(network, 4))), Key(author), tokens);

    private static AuthorKey Key(int number) => new(new Bytes32(Bytes(number, Bytes32.Length)));

    private static byte[] Bytes(int number, int length)
    {
        var bytes = new byte[length];
        BitConverter.TryWriteBytes(bytes, number);
        return bytes;
    }
}
