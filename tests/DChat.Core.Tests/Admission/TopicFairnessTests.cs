using System.Net;
using DChat.Core.Admission;
using DChat.Core.Envelopes;
using DChat.Core.Sealing;

namespace DChat.Core.Tests.Admission;

/// <summary>A topic over its rate is shared: nobody can silence it (DESIGN §2.2).</summary>
public sealed class TopicFairnessTests
{
    private const int Burst = 2 * QuotaOptions.MinBurst;
    private const int PerSecond = 100;

    private static readonly AdmissionSource Flooder = From("flooder", "192.0.2.1");
    private static readonly AdmissionSource Member = From("member", "192.0.2.2");

    private readonly Doorway _door = new(options =>
    {
        options.Topic.Burst = Burst;
        options.Topic.TokensPerSecond = PerSecond;
    });

    private uint _throwaway;
    private ulong _sequence;

    [Fact]
    public void Junk_under_throwaway_author_keys_does_not_silence_a_member_of_another_network()
    {
        using var member = Given.Sealer(deviceSeed: 9);
        var answers = Flood(seconds: 10, perSecond: 2 * PerSecond, () => Offer(member, Member));
        Assert.All(answers, answer => Assert.Equal(RejectionCode.None, answer));
    }

    [Fact]
    public void Nor_a_member_of_its_own_network_who_was_there_before()
    {
        using var member = Given.Sealer(deviceSeed: 9);
        Assert.Equal(RejectionCode.None, Offer(member, Flooder));
        var answers = Flood(seconds: 10, perSecond: 2 * PerSecond, () => Offer(member, Flooder));
        Assert.All(answers, answer => Assert.Equal(RejectionCode.None, answer));
    }

    [Fact]
    public void Nor_by_a_flood_of_as_many_networks_as_have_a_share()
    {
        using var member = Given.Sealer(deviceSeed: 9);
        Assert.Equal(RejectionCode.None, Offer(member, Member));
        for (var i = 0; i < 2 * SharedTopic.MaxShares; i++)
        {
            OfferJunk(From("flooder", $"198.51.{i / 256}.{i % 256}"));
        }

        Assert.Equal(RejectionCode.None, Offer(member, Member));
    }

    [Fact]
    public void Nor_a_newcomer_by_networks_that_have_taken_every_share_there_is()
    {
        using var member = Given.Sealer(deviceSeed: 9);
        for (var i = 0; i < 2 * SharedTopic.MaxShares; i++)
        {
            OfferJunk(From("flooder", $"198.51.{i / 256}.{i % 256}"));
        }

        Assert.Equal(RejectionCode.None, Offer(member, Member));
    }

    [Fact]
    public void What_a_flood_gets_is_the_rate_of_the_topic_and_no_more()
    {
        const int Seconds = 10;
        var admitted = 0;
        for (var i = 0; i < Seconds * PerSecond * 2; i++)
        {
            admitted += OfferJunk(Flooder) == RejectionCode.None ? 1 : 0;
            _door.Time.Advance(TimeSpan.FromSeconds(1) / (PerSecond * 2));
        }

        Assert.InRange(admitted, Seconds * PerSecond, (Seconds * PerSecond) + Burst);
    }

    [Fact]
    public void Replays_of_what_the_shard_has_make_no_room_in_a_topic_over_its_rate()
    {
        while (OfferJunk(Flooder) == RejectionCode.None)
        {
            // Until its share is used up, and the topic with it.
        }

        for (var i = 0; i < Burst; i++)
        {
            if (_door.Admit(Junk(), Member) is { IsAdmitted: true } replay)
            {
                _door.Pipeline.Settle(replay, Member, isNew: false);
            }
        }

        Assert.Equal(RejectionCode.OverQuota, OfferJunk(Flooder));
    }

    [Fact]
    public void Two_networks_that_flood_get_the_same()
    {
        var second = From("second", "192.0.2.3");
        int a = 0, b = 0;
        for (var i = 0; i < 4000; i++)
        {
            // The first asks three times as often.
            for (var j = 0; j < 3; j++)
            {
                a += OfferJunk(Flooder) == RejectionCode.None ? 1 : 0;
            }

            b += OfferJunk(second) == RejectionCode.None ? 1 : 0;
            _door.Time.Advance(TimeSpan.FromSeconds(1) / PerSecond);
        }

        Assert.InRange((double)a / b, 0.5, 2.0);
    }

    [Fact]
    public void What_has_no_room_now_is_told_when_it_will()
    {
        var junk = Junk();
        while (_door.Admit(junk, Flooder) is { IsAdmitted: true } admitted)
        {
            Assert.False(admitted.IsDeferred);
            junk = Junk();
        }

        var deferred = _door.Admit(junk, Flooder);

        Assert.Equal(RejectionCode.OverQuota, deferred.Rejection);
        Assert.InRange(deferred.RetryAfter, TimeSpan.FromTicks(1), TimeSpan.FromSeconds(1));
        _door.Time.Advance(deferred.RetryAfter - TimeSpan.FromTicks(1));
        Assert.True(_door.Admit(junk, Flooder).IsDeferred);
        _door.Time.Advance(TimeSpan.FromTicks(1));
        Assert.True(_door.Admit(junk, Flooder).IsAdmitted);
    }

    private static AdmissionSource From(string peer, string address) =>
        new(Door.Push, peer, NetworkPrefix.Of(IPAddress.Parse(address)));

    private List<RejectionCode> Flood(int seconds, int perSecond, Func<RejectionCode> honest)
    {
        List<RejectionCode> answers = [];
        for (var i = 0; i < seconds * perSecond; i++)
        {
            OfferJunk(Flooder);
            _door.Time.Advance(TimeSpan.FromSeconds(1) / perSecond);
            if (i % perSecond == perSecond - 1)
            {
                answers.Add(honest());
            }
        }

        return answers;
    }

    private RejectionCode OfferJunk(AdmissionSource source) => _door.Offer(Junk(), source);

    // Another key generation is another author key.
    private byte[] Junk()
    {
        using var sealer = Given.Sealer(deviceSeed: 2, keyGeneration: ++_throwaway);
        return sealer.Seal(1, Given.Hlc(), RetentionClass.OneDay, Given.Now, []);
    }

    private RejectionCode Offer(EnvelopeSealer member, AdmissionSource source) =>
        _door.Offer(member.Seal(++_sequence, Given.Hlc(), RetentionClass.OneDay, Given.Now, []), source);
}
