using DChat.Core.Admission;
using DChat.Core.Envelopes;
using DChat.Core.Tests.Envelopes;

namespace DChat.Core.Tests.Admission;

/// <summary>What it costs a source to have bytes looked at.</summary>
public sealed class AdmissionCostTests
{
    private const int Burst = QuotaOptions.MinBurst;

    [Theory]
    [InlineData(1024, Burst)]
    [InlineData(1025, Burst / 2)]
    [InlineData(EnvelopeLimits.MaxBytes, 1)]
    public void Each_copy_of_an_envelope_costs_its_source_a_token_for_each_started_KiB(int length, int looks)
    {
        var door = Door();
        var copy = Forge.OfLength(length);
        for (var i = 0; i < looks; i++)
        {
            Assert.Equal(i > 0, door.Admit(copy).WasSeen);
        }

        Assert.Equal(RejectionCode.OverQuota, door.Offer(copy));
    }

    [Theory]
    [InlineData(0, Burst)]
    [InlineData(1, Burst)]
    [InlineData(2048, Burst / 2)]
    [InlineData(EnvelopeLimits.MaxBytes, 1)]
    [InlineData(EnvelopeLimits.MaxBytes + 1, 1)]
    [InlineData(1 << 20, 1)]
    public void Bytes_that_are_no_envelope_cost_as_much_and_at_most_what_the_longest_envelope_costs(int length, int looks)
    {
        var door = Door();
        var junk = new byte[length];
        for (var i = 0; i < looks; i++)
        {
            Assert.NotEqual(RejectionCode.OverQuota, door.Offer(junk));
        }

        Assert.Equal(RejectionCode.OverQuota, door.Offer([]));
    }

    [Fact]
    public void A_forgery_costs_its_source_what_reading_it_cost_and_as_much_as_31_copies()
    {
        var door = Door();
        var forged = Doorway.Forged(Forge.OfLength(2048));
        for (var used = 0; used < Burst; used += 2 + AdmissionBooks.ForgeryTokens)
        {
            Assert.Equal(RejectionCode.BadSignature, door.Offer(forged));
        }

        Assert.Equal(RejectionCode.OverQuota, door.Offer(forged));

        // It owes the rest of the last one: two tokens later it may not have another forgery verified.
        door.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(RejectionCode.OverQuota, door.Offer(forged));
    }

    [Fact]
    public void A_replay_that_the_shard_had_already_costs_its_source_what_reading_it_cost()
    {
        var door = Door();
        var envelope = Forge.OfLength(Burst / 2 * 1024);
        door.Pipeline.Settle(door.Admit(envelope), Doorway.Caller, isNew: false);
        Assert.Equal(RejectionCode.None, door.Offer(envelope));
        Assert.Equal(RejectionCode.OverQuota, door.Offer(envelope));
    }

    private static Doorway Door() => new(options =>
    {
        options.Source.Burst = Burst;
        options.Source.TokensPerSecond = 1;
    });
}
