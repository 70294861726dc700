using DChat.Core.Admission;
using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Core.Tests.Envelopes;
using DChat.Core.Topics;
using Google.Protobuf;
using EnvelopeBody = Dchat.V1.EnvelopeBody;

namespace DChat.Core.Tests.Admission;

public sealed class AdmissionPipelineTests
{
    private static readonly AdmissionSource Gossip = new(Door.Gossip, "peer");
    private static readonly AdmissionSource Sync = new(Door.Sync, "relay");
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);

    private readonly Doorway _door = new();

    [Fact]
    public void An_admitted_envelope_comes_with_what_the_index_needs()
    {
        var envelope = Given.Envelope();

        var result = _door.Admit(envelope);

        Assert.True(result.IsAdmitted);
        Assert.False(result.WasSeen);
        Assert.Equal(
            new IndexEntry(MessageId.Compute(envelope), Given.Topic.Tag, Given.Hlc(), RetentionClass.SevenDays, envelope.Length, Door.Push),
            result.Entry);
        Assert.Equal(result.Entry.Id, result.MessageId);
    }

    [Fact]
    public void A_rejected_envelope_comes_with_nothing_but_the_reason()
    {
        var result = _door.Admit(Doorway.Forged(Given.Envelope()));
        Assert.False(result.IsAdmitted);
        Assert.Equal(RejectionCode.BadSignature, result.Rejection);
        Assert.Equal(default, result.Entry);
    }

    [Fact]
    public void The_cheapest_failing_check_decides()
    {
        // Wrong in every way; each step puts right what was complained of.
        var body = Forge.BodyOf(Given.Envelope());
        body.Network = "dchat-other";
        body.TopicTag = ByteString.CopyFrom([.. Given.Bytes(16, (byte)~body.TopicTag[0])]);
        body.Retention = Dchat.V1.RetentionClass.OneYear;
        body.Hlc = Given.Hlc(TimeSpan.FromHours(1)).Value;
        body.Ciphertext = ByteString.CopyFrom(new byte[EnvelopeLimits.MaxBytes]);
        var door = new Doorway(options => options.Author.Burst = QuotaOptions.MinBurst);
        door.Pipeline.RaiseFloor(RetentionClass.SevenDays, Given.Hlc(-TimeSpan.FromHours(25)));

        Assert.Equal(RejectionCode.Oversized, OfferForged(body));
        body.Ciphertext = ByteString.CopyFrom(new byte[15]);
        Assert.Equal(RejectionCode.NonCanonical, OfferForged(body));
        body.Ciphertext = ByteString.CopyFrom(new byte[16]);
        Assert.Equal(RejectionCode.WrongNetwork, OfferForged(body));
        body.Network = Given.Network;
        Assert.Equal(RejectionCode.WrongShard, OfferForged(body));
        body.TopicTag = Forge.BodyOf(Given.Envelope()).TopicTag;
        Assert.Equal(RejectionCode.PermitRequired, OfferForged(body));
        body.Permit = ByteString.CopyFrom(1);
        Assert.Equal(RejectionCode.PermitInvalid, OfferForged(body));
        body.Retention = Dchat.V1.RetentionClass.SevenDays;
        Assert.Equal(RejectionCode.TimestampAhead, OfferForged(body));
        body.Hlc = Given.Hlc(-TimeSpan.FromHours(26)).Value;
        Assert.Equal(RejectionCode.BelowFloor, OfferForged(body));
        body.Hlc = Given.Hlc(-TimeSpan.FromHours(24.5)).Value;
        Assert.Equal(RejectionCode.Stale, OfferForged(body));
        body.Hlc = Given.Hlc().Value;
        body.Ciphertext = ByteString.CopyFrom(new byte[2000]);
        Assert.Equal(RejectionCode.None, door.Offer(Forge.Sign(WithCiphertext(58 * 1024))));
        Assert.Equal(RejectionCode.OverQuota, OfferForged(body));
        door.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(RejectionCode.BadSignature, OfferForged(body));
        Assert.Equal(RejectionCode.None, door.Offer(Forge.Sign(body)));

        RejectionCode OfferForged(EnvelopeBody forged) => door.Offer(Doorway.Forged(Forge.Sign(forged)));
    }

    [Fact]
    public void An_unknown_version_and_an_unknown_class_are_told_from_malformed_bytes()
    {
        var body = Forge.BodyOf(Given.Envelope());
        body.Retention = (Dchat.V1.RetentionClass)6;
        Assert.Equal(RejectionCode.UnknownClass, _door.Offer(Forge.Sign(body)));
        body.Version = 2;
        Assert.Equal(RejectionCode.UnknownVersion, _door.Offer(Forge.Sign(body)));
    }

    [Fact]
    public void Every_shard_but_the_topics_own_is_wrong()
    {
        var envelope = Given.Envelope();
        for (ushort shard = 0; shard < 16; shard++)
        {
            var expected = shard == Doorway.Shard.Value ? RejectionCode.None : RejectionCode.WrongShard;
            Assert.Equal(expected, _door.Pipeline.Admit(envelope, new ShardId(shard), Doorway.Caller).Rejection);
        }
    }

    [Theory]
    [InlineData(RetentionClass.OneDay, false, RejectionCode.None)]
    [InlineData(RetentionClass.ThirtyDays, false, RejectionCode.None)]
    [InlineData(RetentionClass.ThirtyDays, true, RejectionCode.None)]
    [InlineData(RetentionClass.OneYear, false, RejectionCode.PermitRequired)]
    [InlineData(RetentionClass.OneYear, true, RejectionCode.PermitInvalid)]
    [InlineData(RetentionClass.Permanent, false, RejectionCode.PermitRequired)]
    [InlineData(RetentionClass.Permanent, true, RejectionCode.PermitInvalid)]
    public void More_than_thirty_days_needs_a_permit_and_nobody_issues_one(RetentionClass retention, bool permit, RejectionCode expected)
    {
        using var sealer = Given.Sealer();
        var envelope = sealer.Seal(1, Given.Hlc(), retention, Given.Now, [], permit ? "permit"u8 : []);
        Assert.Equal(expected, _door.Offer(envelope));
    }

    [Fact]
    public void A_timestamp_60_seconds_ahead_is_admitted_and_one_millisecond_more_is_not()
    {
        var limit = TimeSpan.FromSeconds(60);
        foreach (var source in new[] { Doorway.Caller, Gossip, Sync })
        {
            Assert.Equal(RejectionCode.None, _door.Offer(SealedAt(limit, counter: ushort.MaxValue), source));
            Assert.Equal(RejectionCode.TimestampAhead, _door.Offer(SealedAt(limit + Millisecond), source));
            Assert.Equal(RejectionCode.TimestampAhead, _door.Offer(SealedAt(new HybridTimestamp(ulong.MaxValue)), source));
        }
    }

    [Fact]
    public void A_message_24_hours_old_is_admitted_and_one_millisecond_older_only_from_sync()
    {
        var limit = TimeSpan.FromHours(-24);
        Assert.Equal(RejectionCode.None, _door.Offer(SealedAt(limit)));
        Assert.Equal(RejectionCode.None, _door.Offer(SealedAt(limit), Gossip));
        Assert.Equal(RejectionCode.Stale, _door.Offer(SealedAt(limit - Millisecond, counter: ushort.MaxValue)));
        Assert.Equal(RejectionCode.Stale, _door.Offer(SealedAt(limit - Millisecond, counter: ushort.MaxValue), Gossip));
        Assert.Equal(RejectionCode.None, _door.Offer(SealedAt(limit - Millisecond), Sync));
        Assert.Equal(RejectionCode.None, _door.Offer(SealedAt(new HybridTimestamp(0)), Sync));
    }

    [Fact]
    public void A_message_at_the_floor_of_its_class_is_admitted_and_one_tick_below_by_no_door()
    {
        var floor = Given.Hlc(-TimeSpan.FromHours(1), counter: 5);
        _door.Pipeline.RaiseFloor(RetentionClass.SevenDays, floor);
        foreach (var source in new[] { Doorway.Caller, Gossip, Sync })
        {
            Assert.Equal(RejectionCode.None, _door.Offer(SealedAt(floor), source));
            Assert.Equal(RejectionCode.BelowFloor, _door.Offer(SealedAt(new HybridTimestamp(floor.Value - 1)), source));
        }
    }

    [Fact]
    public void A_message_seen_before_is_refused_once_the_floor_has_passed_it()
    {
        var envelope = Given.Envelope();
        Assert.Equal(RejectionCode.None, _door.Offer(envelope));
        _door.Pipeline.RaiseFloor(RetentionClass.SevenDays, new HybridTimestamp(Given.Hlc().Value + 1));
        Assert.Equal(RejectionCode.BelowFloor, _door.Offer(envelope));
    }

    [Fact]
    public void The_options_say_where_the_floors_stand_at_first()
    {
        var door = new Doorway(options => options.Floors[RetentionClass.SevenDays] = Given.Now);

        Assert.Equal(HybridTimestamp.Create(Given.Now.ToUnixTimeMilliseconds(), 0), door.Pipeline.FloorOf(RetentionClass.SevenDays));
        Assert.Equal(default, door.Pipeline.FloorOf(RetentionClass.OneDay));
        Assert.Equal(RejectionCode.BelowFloor, door.Offer(SealedAt(Given.Hlc(-TimeSpan.FromMilliseconds(1)))));
    }

    [Fact]
    public void Floors_only_rise_and_each_class_has_its_own()
    {
        var floor = Given.Hlc();
        _door.Pipeline.RaiseFloor(RetentionClass.OneDay, floor);
        _door.Pipeline.RaiseFloor(RetentionClass.OneDay, new HybridTimestamp(floor.Value - 1));

        Assert.Equal(floor, _door.Pipeline.FloorOf(RetentionClass.OneDay));
        Assert.Equal(default, _door.Pipeline.FloorOf(RetentionClass.SevenDays));
        Assert.Throws<ArgumentOutOfRangeException>(() => _door.Pipeline.RaiseFloor(0, floor));
        Assert.Throws<ArgumentOutOfRangeException>(() => _door.Pipeline.FloorOf(RetentionClass.Permanent + 1));
    }

    [Fact]
    public void A_message_seen_before_is_admitted_again_for_the_shard_to_answer()
    {
        var envelope = Given.Envelope();
        var first = _door.Admit(envelope);
        var second = _door.Admit(envelope, Gossip);
        Assert.False(first.WasSeen);
        Assert.True(second.IsAdmitted);
        Assert.True(second.WasSeen);
        Assert.Equal(first.Entry with { Door = Door.Gossip }, second.Entry);
    }

    [Fact]
    public void A_seen_message_with_another_signature_is_another_message_and_verified()
    {
        var envelope = Given.Envelope();
        Assert.Equal(RejectionCode.None, _door.Offer(envelope));
        Assert.Equal(RejectionCode.BadSignature, _door.Offer(Doorway.Forged(envelope)));
    }

    [Fact]
    public void A_forged_envelope_stays_forged_and_does_not_stand_in_the_way_of_the_genuine_one()
    {
        var envelope = Given.Envelope();
        Assert.Equal(RejectionCode.BadSignature, _door.Offer(Doorway.Forged(envelope)));
        Assert.Equal(RejectionCode.BadSignature, _door.Offer(Doorway.Forged(envelope)));
        var result = _door.Admit(envelope);
        Assert.True(result.IsAdmitted);
        Assert.False(result.WasSeen);
    }

    [Fact]
    public void Changing_the_options_afterwards_changes_nothing()
    {
        AdmissionOptions? kept = null;
        var door = new Doorway(options => kept = options);
        kept!.MaxAge = TimeSpan.Zero;
        kept.Author.Burst = 0;
        kept.Author.MaxTracked = 0;
        Assert.Equal(RejectionCode.None, door.Offer(Given.Envelope()));
    }

    [Fact]
    public void Rejecting_by_the_header_and_recognising_a_seen_message_allocate_nothing()
    {
        var envelope = Given.Envelope();
        var old = SealedAt(TimeSpan.FromDays(-2));
        var pipeline = new AdmissionPipeline(new NetworkOptions { Network = Given.Network }, new AdmissionOptions(), _door.Time);
        Assert.True(pipeline.Admit(envelope, Doorway.Shard, Doorway.Caller).IsAdmitted);
        pipeline.Admit(envelope, Doorway.Shard, Doorway.Caller);
        pipeline.Admit(old, Doorway.Shard, Doorway.Caller);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var seen = pipeline.Admit(envelope, Doorway.Shard, Doorway.Caller);
        var stale = pipeline.Admit(old, Doorway.Shard, Doorway.Caller);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.True(seen.WasSeen);
        Assert.Equal(RejectionCode.Stale, stale.Rejection);
        Assert.Equal(0, allocated);
    }

    private static EnvelopeBody WithCiphertext(int length) =>
        new(Forge.BodyOf(Given.Envelope())) { Ciphertext = ByteString.CopyFrom(new byte[length]) };

    private static byte[] SealedAt(TimeSpan fromNow, ushort counter = 0) => SealedAt(Given.Hlc(fromNow, counter));

    private static byte[] SealedAt(HybridTimestamp hlc)
    {
        using var sealer = Given.Sealer();
        return sealer.Seal(1, hlc, RetentionClass.SevenDays, Given.Now, []);
    }
}
