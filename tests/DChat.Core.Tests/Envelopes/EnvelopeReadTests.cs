using System.Text;
using Dchat.V1;
using DChat.Core.Envelopes;
using DChat.Core.Topics;
using Google.Protobuf;
using Envelope = DChat.Core.Envelopes.Envelope;
using RetentionClass = DChat.Core.Envelopes.RetentionClass;

namespace DChat.Core.Tests.Envelopes;

public sealed class EnvelopeReadTests
{
    [Fact]
    public void Every_field_reads_back_as_it_was_sealed()
    {
        using var sealer = Given.Sealer(keyGeneration: 70_000);
        var bytes = sealer.Seal(ulong.MaxValue, Given.Hlc(counter: 9), RetentionClass.Permanent, Given.Now, "hi"u8, "permit"u8);

        Assert.Equal(RejectionCode.None, Envelope.TryRead(bytes, out var view));

        Assert.Equal(1u, view.Version);
        Assert.Equal(Given.Network, Encoding.ASCII.GetString(view.Network));
        Assert.Equal(Given.Topic.Tag, view.TopicTag);
        Assert.Equal(sealer.Author, view.AuthorKey);
        Assert.Equal(ulong.MaxValue, view.Sequence);
        Assert.Equal(Given.Hlc(counter: 9), view.Hlc);
        Assert.Equal(RetentionClass.Permanent, view.Class);
        Assert.Equal(70_000u, view.KeyGeneration);
        Assert.Equal(24, view.Nonce.Length);
        Assert.Equal(256 + 16, view.Ciphertext.Length);
        Assert.Equal("permit"u8, view.Permit);
        Assert.Equal(bytes.AsSpan()[^64..], view.Signature);
        Assert.True(Envelope.VerifySignature(view));
    }

    [Fact]
    public void The_bytes_are_what_a_stock_protobuf_library_writes_from_the_published_schema()
    {
        var bytes = Given.Envelope();
        var body = Forge.BodyOf(bytes);

        Assert.True(body.HasKeyGeneration);
        Assert.Equal(0u, body.KeyGeneration);
        Assert.False(body.HasPermit);
        Assert.Equal(bytes, Forge.Sign(body));
    }

    [Fact]
    public void An_envelope_of_60_KiB_is_read_and_one_byte_more_is_oversized()
    {
        var body = Forge.BodyOf(Given.Envelope());
        var overhead = Forge.Sign(WithCiphertext(body, 50_000)).Length - 50_000;

        Assert.Equal(RejectionCode.None, Read(WithCiphertext(body, EnvelopeLimits.MaxBytes - overhead)));
        Assert.Equal(RejectionCode.Oversized, Read(WithCiphertext(body, EnvelopeLimits.MaxBytes - overhead + 1)));
    }

    [Theory]
    [InlineData(15, RejectionCode.NonCanonical)]
    [InlineData(16, RejectionCode.None)]
    public void A_ciphertext_holds_at_least_its_tag(int length, RejectionCode expected) =>
        Assert.Equal(expected, Read(WithCiphertext(Forge.BodyOf(Given.Envelope()), length)));

    [Theory]
    [InlineData(1, RejectionCode.None)]
    [InlineData(128, RejectionCode.None)]
    [InlineData(0, RejectionCode.NonCanonical)]
    [InlineData(129, RejectionCode.NonCanonical)]
    public void A_permit_is_1_to_128_bytes_or_absent(int length, RejectionCode expected) =>
        Assert.Equal(expected, Read(body => body.Permit = ByteString.CopyFrom(new byte[length])));

    [Theory]
    [InlineData(15)]
    [InlineData(17)]
    public void A_topic_tag_is_exactly_16_bytes(int length) =>
        Assert.Equal(RejectionCode.NonCanonical, Read(body => body.TopicTag = ByteString.CopyFrom(new byte[length])));

    [Theory]
    [InlineData(31)]
    [InlineData(33)]
    public void An_author_key_is_exactly_32_bytes(int length) =>
        Assert.Equal(RejectionCode.NonCanonical, Read(body => body.AuthorKey = ByteString.CopyFrom(new byte[length])));

    [Theory]
    [InlineData(23)]
    [InlineData(25)]
    public void A_nonce_is_exactly_24_bytes(int length) =>
        Assert.Equal(RejectionCode.NonCanonical, Read(body => body.Nonce = ByteString.CopyFrom(new byte[length])));

    [Theory]
    [InlineData(63)]
    [InlineData(65)]
    public void A_signature_is_exactly_64_bytes(int length) => Assert.Equal(
        RejectionCode.NonCanonical,
        Envelope.TryRead(Forge.Wrap(Forge.BodyOf(Given.Envelope()).ToByteArray(), new byte[length]), out _));

    [Theory]
    [InlineData("a", RejectionCode.None)]
    [InlineData("0-a.b_c", RejectionCode.None)]
    [InlineData("12345678901234567890123456789012", RejectionCode.None)]
    [InlineData("123456789012345678901234567890123", RejectionCode.NonCanonical)]
    [InlineData("", RejectionCode.NonCanonical)]
    [InlineData("-a", RejectionCode.NonCanonical)]
    [InlineData("A", RejectionCode.NonCanonical)]
    [InlineData("a/b", RejectionCode.NonCanonical)]
    [InlineData("a b", RejectionCode.NonCanonical)]
    [InlineData("ä", RejectionCode.NonCanonical)]
    public void A_network_name_is_1_to_32_characters_of_a_small_alphabet(string network, RejectionCode expected) =>
        Assert.Equal(expected, Read(body => body.Network = network));

    [Theory]
    [InlineData(0, RejectionCode.NonCanonical)]
    [InlineData(1, RejectionCode.None)]
    [InlineData(ulong.MaxValue, RejectionCode.None)]
    public void Sequences_start_at_1(ulong sequence, RejectionCode expected) =>
        Assert.Equal(expected, Read(body => body.Sequence = sequence));

    [Theory]
    [InlineData(0x01, RejectionCode.None)] // 2^64 - 1
    [InlineData(0x02, RejectionCode.NonCanonical)] // a 65th bit
    [InlineData(0x81, RejectionCode.NonCanonical)] // an eleventh byte
    public void A_number_has_at_most_64_bits(byte tenth, RejectionCode expected)
    {
        var body = With(body => body.Sequence = ulong.MaxValue).ToByteArray();
        byte[] field = [0x28, .. Given.Bytes(9, 0xFF), 0x01];
        var at = body.AsSpan().IndexOf(field);
        body[at + 10] = tenth;
        Assert.Equal(expected, Envelope.TryRead(Forge.Sign(body), out _));
    }

    [Theory]
    [InlineData(0, RejectionCode.UnknownClass)]
    [InlineData(1, RejectionCode.None)]
    [InlineData(5, RejectionCode.None)]
    [InlineData(6, RejectionCode.UnknownClass)]
    [InlineData(int.MaxValue, RejectionCode.UnknownClass)]
    [InlineData(-1, RejectionCode.NonCanonical)]
    public void A_class_this_code_does_not_know_is_told_from_malformed_bytes(int retention, RejectionCode expected) =>
        Assert.Equal(expected, Read(body => body.Retention = (Dchat.V1.RetentionClass)retention));

    [Theory]
    [InlineData(0u)]
    [InlineData(2u)]
    [InlineData(uint.MaxValue)]
    public void Another_version_is_unknown_whatever_follows_it(uint version)
    {
        Assert.Equal(RejectionCode.UnknownVersion, Read(body => body.Version = version));
        var lone = new EnvelopeBody { Version = version }.ToByteArray();
        Assert.Equal(RejectionCode.UnknownVersion, Envelope.TryRead(Forge.Sign([.. lone, 0xFF, 0xFF, 0xFF]), out _));
    }

    [Theory]
    [InlineData(new byte[] { })]
    [InlineData(new byte[] { 0x08 })]
    [InlineData(new byte[] { 0x08, 0x81, 0x00 })] // 1, spelled too long
    [InlineData(new byte[] { 0x08, 0x80, 0x80, 0x80, 0x80, 0x10 })] // 2^32
    [InlineData(new byte[] { 0x12, 0x01, 0x61 })] // starts with field 2
    public void A_body_without_a_canonical_version_is_malformed(byte[] body) =>
        Assert.Equal(RejectionCode.NonCanonical, Envelope.TryRead(Forge.Sign(body), out _));

    [Fact]
    public void A_rejected_envelope_yields_no_view()
    {
        Assert.Equal(RejectionCode.UnknownClass, Envelope.TryRead(Forge.Sign(With(body => body.Retention = 0)), out var view));
        Assert.Equal(0u, view.Version);
        Assert.True(view.Body.IsEmpty);
        Assert.Equal(default(TopicTag), view.TopicTag);
    }

    private static EnvelopeBody With(Action<EnvelopeBody> change)
    {
        var body = Forge.BodyOf(Given.Envelope());
        change(body);
        return body;
    }

    private static EnvelopeBody WithCiphertext(EnvelopeBody body, int length) =>
        new(body) { Ciphertext = ByteString.CopyFrom(new byte[length]) };

    private static RejectionCode Read(Action<EnvelopeBody> change) => Read(With(change));

    private static RejectionCode Read(EnvelopeBody body) => Envelope.TryRead(Forge.Sign(body), out _);
}
