using CsCheck;
using DChat.Core.Keys;
using DChat.Core.Sealing;
using DChat.Core.Tests.Envelopes;
using DChat.Core.Topics;

namespace DChat.Core.Tests.Sealing;

/// <summary>A member of the topic can seal whatever it likes; what is not a proper payload does not open.</summary>
public sealed class EnvelopePayloadTests
{
    private static readonly AuthorKey Author = GivenAuthor();

    [Fact]
    public void A_payload_laid_out_by_hand_opens()
    {
        using var opener = new EnvelopeOpener(Given.Topic);
        var result = opener.Open(Forge.Seal(Plaintext(256, Certificate(), composedAt: 0, contentLength: 148)));
        Assert.Equal(OpenStatus.Opened, result.Status);
        Assert.Equal(148, result.Message!.Content.Length);
    }

    [Theory]
    [InlineData(0, 0)] // nothing
    [InlineData(107, 0)] // shorter than the header
    [InlineData(108, 0)] // not a bucket
    [InlineData(255, 0)]
    [InlineData(257, 0)]
    [InlineData(256, 149)] // content longer than there is room
    [InlineData(256, uint.MaxValue)]
    [InlineData(512, 148)] // a larger bucket than needed
    [InlineData(61_072, 60_964)] // larger than the largest
    public void A_payload_of_the_wrong_size_does_not_open(int length, uint contentLength)
    {
        using var opener = new EnvelopeOpener(Given.Topic);
        var plaintext = Plaintext(Math.Max(length, 108), Certificate(), composedAt: 0, contentLength)[..length];
        Assert.Equal(OpenStatus.BadPayload, opener.Open(Forge.Seal(plaintext)).Status);
    }

    [Fact]
    public void Padding_that_is_not_zero_does_not_open()
    {
        using var opener = new EnvelopeOpener(Given.Topic);
        foreach (var place in new[] { 108 + 10, 255 })
        {
            var plaintext = Plaintext(256, Certificate(), composedAt: 0, contentLength: 10);
            plaintext[place] = 1;
            Assert.Equal(OpenStatus.BadPayload, opener.Open(Forge.Seal(plaintext)).Status);
        }
    }

    [Theory]
    [InlineData(-62_135_596_800_000, OpenStatus.Opened)]
    [InlineData(-62_135_596_800_001, OpenStatus.BadPayload)]
    [InlineData(253_402_300_799_999, OpenStatus.Opened)]
    [InlineData(253_402_300_800_000, OpenStatus.BadPayload)]
    [InlineData(long.MinValue, OpenStatus.BadPayload)]
    [InlineData(long.MaxValue, OpenStatus.BadPayload)]
    public void A_compose_time_outside_the_calendar_does_not_open(long composedAt, OpenStatus expected)
    {
        using var opener = new EnvelopeOpener(Given.Topic);
        Assert.Equal(expected, opener.Open(Forge.Seal(Plaintext(256, Certificate(), composedAt, contentLength: 0))).Status);
    }

    [Fact]
    public void An_author_cannot_claim_a_device_that_did_not_certify_it()
    {
        byte[][] forged =
        [
            new byte[64],
            Forge.Certificate(2, Given.Topic.Tag, 0, Author), // by another device
            Forge.Certificate(1, Given.Topic.Tag, 1, Author), // for another generation
            Forge.Certificate(1, Topic.Public(Given.Network, "tea").Tag, 0, Author), // for another topic
            Forge.Certificate(1, Given.Topic.Tag, 0, new AuthorKey(new Bytes32(Given.Bytes(32, 5)))), // for another author
        ];
        using var opener = new EnvelopeOpener(Given.Topic);
        foreach (var certificate in forged)
        {
            Assert.Equal(OpenStatus.BadCertificate, opener.Open(Forge.Seal(Plaintext(256, certificate, 0, 0))).Status);
        }

        // Having seen the true certificate makes no forged one pass, nor the true one fail.
        var genuine = Forge.Seal(Plaintext(256, Certificate(), 0, 0));
        Assert.True(opener.Open(genuine).IsOpened);
        foreach (var certificate in forged)
        {
            Assert.Equal(OpenStatus.BadCertificate, opener.Open(Forge.Seal(Plaintext(256, certificate, 0, 0))).Status);
        }

        Assert.True(opener.Open(genuine).IsOpened);
    }

    [Fact]
    public void A_known_author_cannot_switch_to_a_device_that_did_not_certify_it()
    {
        using var opener = new EnvelopeOpener(Given.Topic);
        using var victim = Given.Device(2);
        Assert.True(opener.Open(Given.Envelope()).IsOpened);

        var plaintext = Forge.Plaintext(256, victim.PublicKey, Certificate(), 0, 0);

        Assert.Equal(OpenStatus.BadCertificate, opener.Open(Forge.Seal(plaintext)).Status);
    }

    [Fact]
    public void A_mutated_payload_never_throws_and_when_it_opens_it_is_the_only_spelling_of_what_it_says()
    {
        using var opener = new EnvelopeOpener(Given.Topic);
        Gen.Select(Gen.Select(Gen.Int[0, 511], Gen.Byte).Array[1, 2], Gen.OneOf(512, 256, 300)).Sample(
            (mutations, length) =>
            {
                var plaintext = Plaintext(512, Certificate(), composedAt: 0, contentLength: 300);
                foreach (var (at, value) in mutations)
                {
                    plaintext[at] = value;
                }

                var result = opener.Open(Forge.Seal(plaintext[..length]));

                Assert.Contains(result.Status, new[] { OpenStatus.Opened, OpenStatus.BadPayload, OpenStatus.BadCertificate });
                if (result.Message is { } message)
                {
                    var composedAt = message.ComposedAt.ToUnixTimeMilliseconds();
                    var again = Plaintext(length, Certificate(), composedAt, (uint)message.Content.Length);
                    message.Content.CopyTo(again.AsMemory(108));
                    Assert.Equal(again, plaintext[..length]);
                }
            },
            iter: 300);
    }

    private static byte[] Plaintext(int length, byte[] certificate, long composedAt, uint contentLength)
    {
        using var device = Given.Device();
        return Forge.Plaintext(length, device.PublicKey, certificate, composedAt, contentLength);
    }

    private static byte[] Certificate() => Forge.Certificate(1, Given.Topic.Tag, 0, Author);

    private static AuthorKey GivenAuthor()
    {
        using var sealer = Given.Sealer();
        return sealer.Author;
    }
}
