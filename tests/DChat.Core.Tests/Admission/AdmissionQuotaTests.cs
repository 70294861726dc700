using System.Net;
using DChat.Core.Admission;
using DChat.Core.Envelopes;
using DChat.Core.Tests.Envelopes;
using DChat.Core.Topics;

namespace DChat.Core.Tests.Admission;

public sealed class AdmissionQuotaTests
{
    private const int Burst = QuotaOptions.MinBurst;

    [Fact]
    public void An_author_is_admitted_up_to_the_burst_and_then_at_the_rate()
    {
        var door = new Doorway(options => Limit(options.Author, tokensPerSecond: 10));
        var envelopes = Envelopes(Burst + 2);
        Assert.All(envelopes[..Burst], envelope => Assert.Equal(RejectionCode.None, door.Offer(envelope)));
        Assert.Equal(RejectionCode.OverQuota, door.Offer(envelopes[Burst]));
        Assert.Equal(RejectionCode.None, door.Offer(Given.Envelope(deviceSeed: 2)));

        door.Time.Advance(TimeSpan.FromMilliseconds(99));
        Assert.Equal(RejectionCode.OverQuota, door.Offer(envelopes[Burst]));
        door.Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(RejectionCode.None, door.Offer(envelopes[Burst]));
        Assert.Equal(RejectionCode.OverQuota, door.Offer(envelopes[Burst + 1]));
    }

    [Fact]
    public void A_caller_is_admitted_up_to_the_burst_whatever_it_brings()
    {
        var door = new Doorway(options => Limit(options.Source));
        for (var i = 0; i < Burst; i++)
        {
            Assert.Equal(RejectionCode.None, Offer(door, Topic.Public(Given.Network, $"topic {i}")));
        }

        var next = Given.Envelope();
        Assert.Equal(RejectionCode.OverQuota, door.Offer(next));
        Assert.Equal(RejectionCode.None, door.Offer(next, new AdmissionSource(Door.Gossip, "another")));
    }

    [Fact]
    public void All_peers_of_one_network_together_are_admitted_up_to_its_burst()
    {
        var door = new Doorway(options => Limit(options.Network));
        for (var i = 0; i < Burst; i++)
        {
            Assert.Equal(RejectionCode.None, door.Offer(Given.Envelope(deviceSeed: (byte)i), From($"peer {i}", "2001:db8::1")));
        }

        var next = Given.Envelope(deviceSeed: Burst);
        Assert.Equal(RejectionCode.OverQuota, door.Offer(next, From("new peer", "2001:db8::2")));
        Assert.Equal(RejectionCode.None, door.Offer(next, From("new peer", "2001:db8:0:1::1")));
    }

    [Fact]
    public void A_relay_may_bring_more_than_a_leaf_by_the_factor()
    {
        const int Factor = 3;
        var door = new Doorway(options =>
        {
            Limit(options.Source);
            options.RelayFactor = Factor;
        });
        var relay = new AdmissionSource(Door.Gossip, "relay", NetworkPrefix.Named("relay"), SourceTier.Relay);
        var envelopes = Envelopes((Burst * Factor) + 1);
        Assert.All(envelopes[..^1], envelope => Assert.Equal(RejectionCode.None, door.Offer(envelope, relay)));
        Assert.Equal(RejectionCode.OverQuota, door.Offer(envelopes[^1], relay));
    }

    [Fact]
    public void Copies_of_one_valid_envelope_cost_whoever_brings_them()
    {
        var door = new Doorway(options => Limit(options.Source));
        var copy = Given.Envelope();
        for (var i = 0; i < Burst; i++)
        {
            Assert.Equal(i > 0, door.Admit(copy).WasSeen);
        }

        Assert.Equal(RejectionCode.OverQuota, door.Offer(copy));
        Assert.Equal(RejectionCode.None, door.Offer(copy, new AdmissionSource(Door.Push, "another")));
    }

    [Fact]
    public void Bytes_that_are_no_envelope_cost_whoever_brings_them()
    {
        var door = new Doorway(options => Limit(options.Source));
        for (var i = 0; i < Burst; i++)
        {
            Assert.Equal(RejectionCode.NonCanonical, door.Offer([1, 2, 3]));
        }

        Assert.Equal(RejectionCode.OverQuota, door.Offer([1, 2, 3]));
    }

    [Fact]
    public void Replays_that_the_shard_had_already_spend_neither_the_authors_quota_nor_the_topics()
    {
        var door = new Doorway(options =>
        {
            Limit(options.Author);
            Limit(options.Topic);
        });

        // As after a restart: the shard has them, the seen filter does not.
        foreach (var envelope in Envelopes(3 * Burst))
        {
            var result = door.Admit(envelope);
            Assert.Equal(RejectionCode.None, result.Rejection);
            door.Pipeline.Settle(result, Doorway.Caller, isNew: false);
        }
    }

    [Fact]
    public void A_copy_that_cost_nothing_is_not_refunded()
    {
        var door = new Doorway(options => Limit(options.Author));
        var envelopes = Envelopes(Burst + 1);
        Assert.All(envelopes[..Burst], envelope => Assert.Equal(RejectionCode.None, door.Offer(envelope)));
        door.Pipeline.Settle(door.Admit(envelopes[0]), Doorway.Caller, isNew: false);
        Assert.Equal(RejectionCode.OverQuota, door.Offer(envelopes[Burst]));
    }

    [Theory]
    [InlineData(1024, Burst)]
    [InlineData(1025, Burst / 2)]
    [InlineData(EnvelopeLimits.MaxBytes, 1)]
    public void An_envelope_costs_a_token_for_each_started_KiB(int length, int admitted)
    {
        var door = new Doorway(options => Limit(options.Author));
        for (ulong sequence = 1; sequence <= (ulong)admitted; sequence++)
        {
            Assert.Equal(RejectionCode.None, door.Offer(Forge.OfLength(length, sequence)));
        }

        Assert.Equal(RejectionCode.OverQuota, door.Offer(Forge.OfLength(length, 1000)));
    }

    [Fact]
    public void Forgeries_use_up_neither_the_authors_quota_nor_the_topics()
    {
        var door = new Doorway(options =>
        {
            Limit(options.Author);
            Limit(options.Topic);
        });
        var envelopes = Envelopes(Burst);
        for (var i = 0; i < 2 * Burst; i++)
        {
            Assert.Equal(RejectionCode.BadSignature, door.Offer(Doorway.Forged(envelopes[i % Burst])));
        }

        Assert.All(envelopes, envelope => Assert.Equal(RejectionCode.None, door.Offer(envelope)));
    }

    [Fact]
    public void Forgeries_use_up_the_quota_of_whoever_brings_them()
    {
        var door = new Doorway(options => Limit(options.Source));
        var forger = new AdmissionSource(Door.Push, "forger");
        var forged = Doorway.Forged(Given.Envelope());
        const int Each = 1 + AdmissionBooks.ForgeryTokens;
        for (var used = 0; used < Burst; used += Each)
        {
            Assert.Equal(RejectionCode.BadSignature, door.Offer(forged, forger));
        }

        Assert.Equal(RejectionCode.OverQuota, door.Offer(forged, forger));
        Assert.Equal(RejectionCode.None, door.Offer(Given.Envelope()));
    }

    [Fact]
    public void A_source_that_has_nothing_left_is_told_apart_from_an_author_who_has_nothing_left()
    {
        var door = new Doorway(options =>
        {
            Limit(options.Author);
            Limit(options.Network);
        });
        AdmissionSource Of(string network) => new(Door.Push, network, NetworkPrefix.Named(network));
        var envelopes = Envelopes(Burst + 1);
        Assert.All(envelopes[..Burst], envelope => door.Pipeline.Settle(door.Admit(envelope, Of("one")), Of("one"), isNew: true));

        var author = door.Admit(envelopes[Burst], Of("other"));
        var source = door.Admit(envelopes[Burst], Of("one"));

        Assert.Equal((RejectionCode.OverQuota, false), (author.Rejection, author.IsSourceSpent));
        Assert.Equal((RejectionCode.OverQuota, true), (source.Rejection, source.IsSourceSpent));
    }

    [Fact]
    public void An_envelope_over_one_quota_uses_up_no_other_and_may_come_back()
    {
        var door = new Doorway(options =>
        {
            Limit(options.Author, tokensPerSecond: 10);
            Limit(options.Topic, tokensPerSecond: 10);
        });
        var envelopes = Envelopes(Burst + 1);
        Assert.All(envelopes[..Burst], envelope => Assert.Equal(RejectionCode.None, door.Offer(envelope)));
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(RejectionCode.OverQuota, door.Offer(envelopes[Burst]));
        }

        door.Time.Advance(TimeSpan.FromMilliseconds(100));
        var result = door.Admit(envelopes[Burst]);
        Assert.True(result.IsAdmitted);
        Assert.False(result.WasSeen);
    }

    [Fact]
    public void A_retry_of_an_admitted_message_passes_a_used_up_quota_and_costs_nothing()
    {
        var door = new Doorway(options => Limit(options.Author, tokensPerSecond: 10));
        var envelopes = Envelopes(Burst + 1);
        Assert.All(envelopes[..Burst], envelope => Assert.Equal(RejectionCode.None, door.Offer(envelope)));
        Assert.All(envelopes[..Burst], envelope => Assert.True(door.Admit(envelope).WasSeen));
        door.Time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal(RejectionCode.None, door.Offer(envelopes[Burst]));
    }

    [Fact]
    public void What_another_relay_acknowledged_is_neither_refused_for_a_quota_nor_charged()
    {
        var door = new Doorway(options =>
        {
            Limit(options.Author);
            Limit(options.Topic);
            Limit(options.Source);
        });
        var relay = new AdmissionSource(Door.Sync, Doorway.Caller.Caller);
        var envelopes = Envelopes(3 * Burst);
        Assert.All(envelopes[..(2 * Burst)], envelope => Assert.Equal(RejectionCode.None, door.Offer(envelope, relay)));
        Assert.Equal(RejectionCode.BadSignature, door.Offer(Doorway.Forged(envelopes[0]), relay));
        Assert.All(envelopes[(2 * Burst)..], envelope => Assert.Equal(RejectionCode.None, door.Offer(envelope)));
        Assert.Equal(RejectionCode.OverQuota, door.Offer(Envelopes(3 * Burst + 1)[^1]));
    }

    [Fact]
    public async Task Threads_together_are_admitted_up_to_the_burst_exactly()
    {
        var door = new Doorway(options => Limit(options.Author));
        var envelopes = Envelopes(2 * Burst);
        var results = await OnThreads(4, thread =>
            envelopes.Where((_, i) => i % 4 == thread).Select(envelope => door.Admit(envelope)).ToArray());
        Assert.Equal(Burst, results.SelectMany(each => each).Count(result => result.IsAdmitted));
    }

    [Fact]
    public async Task One_envelope_brought_by_many_threads_at_once_is_charged_once()
    {
        var door = new Doorway(options => Limit(options.Author));
        var envelopes = Envelopes(Burst);
        var results = await OnThreads(4, _ => envelopes.Select(envelope => door.Admit(envelope)).ToArray());
        Assert.All(results.SelectMany(each => each), result => Assert.True(result.IsAdmitted));
        Assert.Equal(Burst, results.SelectMany(each => each).Count(result => !result.WasSeen));
    }

    private static AdmissionSource From(string peer, string address) =>
        new(Door.Push, peer, NetworkPrefix.Of(IPAddress.Parse(address)));

    private static void Limit(QuotaOptions quota, int tokensPerSecond = 1)
    {
        quota.Burst = Burst;
        quota.TokensPerSecond = tokensPerSecond;
    }

    private static byte[][] Envelopes(int count)
    {
        using var sealer = Given.Sealer();
        return [.. Enumerable.Range(1, count).Select(sequence => sealer.Seal(
            (ulong)sequence, Given.Hlc(), RetentionClass.SevenDays, Given.Now, []))];
    }

    private static RejectionCode Offer(Doorway door, Topic topic)
    {
        using var sealer = Given.Sealer(topic: topic);
        var envelope = sealer.Seal(1, Given.Hlc(), RetentionClass.OneDay, Given.Now, []);
        return door.Pipeline.Admit(envelope, topic.Tag.ShardOf(4), Doorway.Caller).Rejection;
    }

    private static async Task<T[]> OnThreads<T>(int count, Func<int, T> work)
    {
        using var start = new Barrier(count);
        return await Task.WhenAll(Enumerable.Range(0, count).Select(thread => Task.Factory.StartNew(
            () =>
            {
                start.SignalAndWait();
                return work(thread);
            },
            TestContext.Current.CancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));
    }
}
