using DChat.Core.Admission;
using DChat.Core.Envelopes;

namespace DChat.Core.Tests.Admission;

/// <summary>Somebody sends again what somebody else has said.</summary>
public sealed class AdmissionReplayTests
{
    private const int Burst = QuotaOptions.MinBurst;

    private static readonly AdmissionSource Author = new(Door.Push, "author", NetworkPrefix.Named("author"));
    private static readonly AdmissionSource Replayer = new(Door.Push, "replayer", NetworkPrefix.Named("replayer"));

    private readonly Doorway _door = new(options =>
    {
        options.Author.Burst = Burst;
        options.Author.TokensPerSecond = 1;
    });

    [Fact]
    public void Replays_of_an_authors_envelopes_do_not_keep_the_author_out_while_the_shard_has_not_answered()
    {
        // As after a restart: the seen filter does not know what the shard has.
        var old = Envelopes(Burst);
        Assert.All(old, envelope => Assert.Equal(RejectionCode.None, _door.Offer(envelope, Replayer)));

        Assert.Equal(RejectionCode.None, _door.Offer(Envelopes(Burst + 1)[^1], Author));
    }

    [Fact]
    public void Replays_fill_the_bucket_of_the_network_they_come_from_until_the_shard_answers()
    {
        var old = Envelopes(Burst + 1);
        var replays = old[..Burst].Select(envelope => _door.Admit(envelope, Replayer)).ToArray();
        Assert.Equal(RejectionCode.OverQuota, _door.Offer(old[Burst], Replayer));

        Array.ForEach(replays, replay => _door.Pipeline.Settle(replay, Replayer, isNew: false));
        Assert.Equal(RejectionCode.None, _door.Offer(old[Burst], Replayer));
    }

    [Fact]
    public void What_the_shard_found_new_counts_against_its_author_wherever_the_next_comes_from()
    {
        var envelopes = Envelopes(Burst + 1);
        foreach (var envelope in envelopes[..Burst])
        {
            _door.Pipeline.Settle(_door.Admit(envelope, Author), Author, isNew: true);
        }

        Assert.Equal(RejectionCode.OverQuota, _door.Offer(envelopes[Burst], Replayer));
        _door.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(RejectionCode.None, _door.Offer(envelopes[Burst], Replayer));
    }

    [Fact]
    public void A_copy_that_was_seen_and_that_the_shard_had_is_charged_to_nobody_again()
    {
        var envelopes = Envelopes(Burst + 1);
        _door.Pipeline.Settle(_door.Admit(envelopes[0], Author), Author, isNew: true);
        for (var i = 0; i < Burst; i++)
        {
            _door.Pipeline.Settle(_door.Admit(envelopes[0], Replayer), Replayer, isNew: false);
        }

        Assert.All(envelopes[1..Burst], envelope => Assert.Equal(RejectionCode.None, _door.Offer(envelope, Author)));
    }

    [Fact]
    public void A_copy_that_overtakes_the_first_is_charged_in_its_place()
    {
        var envelopes = Envelopes(Burst + 1);
        foreach (var envelope in envelopes[..Burst])
        {
            var first = _door.Admit(envelope, Author);
            var copy = _door.Admit(envelope, Replayer);
            Assert.True(copy.WasSeen);
            _door.Pipeline.Settle(copy, Replayer, isNew: true);
            _door.Pipeline.Settle(first, Author, isNew: false);
        }

        Assert.Equal(RejectionCode.OverQuota, _door.Offer(envelopes[Burst], Author));
        Assert.Equal(RejectionCode.OverQuota, _door.Offer(envelopes[Burst], Replayer));
    }

    [Fact]
    public void What_another_relay_acknowledged_is_not_charged_when_the_shard_found_it_new()
    {
        var relay = new AdmissionSource(Door.Sync, "relay");
        var envelopes = Envelopes(2 * Burst);
        foreach (var envelope in envelopes[..Burst])
        {
            _door.Pipeline.Settle(_door.Admit(envelope, relay), relay, isNew: true);
        }

        Assert.All(envelopes[Burst..], envelope => Assert.Equal(RejectionCode.None, _door.Offer(envelope, Author)));
    }

    private static byte[][] Envelopes(int count)
    {
        using var sealer = Given.Sealer();
        return [.. Enumerable.Range(1, count).Select(sequence => sealer.Seal(
            (ulong)sequence, Given.Hlc(), RetentionClass.SevenDays, Given.Now, []))];
    }
}
