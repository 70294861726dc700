using System.Security.Cryptography;
using System.Text;
using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Identity;
using DChat.Core.Sealing;
using DChat.Core.Topics;
using NSec.Cryptography;

namespace DChat.Core.Tests.Golden;

/// <summary>The format is frozen: the same inputs give these bytes, in every version of this code and in every language.</summary>
public sealed class GoldenVectorTests
{
    public static TheoryData<string> Files => ["private-topic.txt", "public-topic.txt"];

    [Theory]
    [MemberData(nameof(Files))]
    public void Keys_are_derived_to_the_byte(string file)
    {
        var vector = GoldenVector.Load(file);
        using var device = DeviceSecret.FromSeed(vector.Bytes("device-seed"));
        var topic = TopicOf(vector);
        using var sealer = new EnvelopeSealer(device, topic, (uint)vector.Number("key-generation"));

        Assert.Equal(vector.Text("device-key"), device.PublicKey.ToString());
        Assert.Equal(vector.Text("topic-secret"), Convert.ToHexStringLower(topic.ExportSecret()));
        Assert.Equal(vector.Text("topic-tag"), topic.Tag.ToString());
        Assert.Equal(vector.Text("author-key"), sealer.Author.ToString());
        Assert.Equal(vector.Text("invite"), TopicInvite.Create(topic));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void The_intermediate_keys_of_a_vector_lead_to_its_results(string file)
    {
        var vector = GoldenVector.Load(file);
        Assert.Equal(
            vector.Bytes("topic-tag"),
            HMACSHA256.HashData(vector.Bytes("routing-key"), Encoding.UTF8.GetBytes(vector.Text("name")))[..16]);

        using var author = Key.Import(SignatureAlgorithm.Ed25519, vector.Bytes("author-seed"), KeyBlobFormat.RawPrivateKey);
        Assert.Equal(vector.Bytes("author-key"), author.PublicKey.Export(KeyBlobFormat.RawPublicKey));

        Assert.Equal(RejectionCode.None, Envelope.TryRead(vector.Bytes("envelope"), out var view));
        using var payloadKey = Key.Import(AeadAlgorithm.XChaCha20Poly1305, vector.Bytes("payload-key"), KeyBlobFormat.RawSymmetricKey);
        var plaintext = AeadAlgorithm.XChaCha20Poly1305.Decrypt(
            payloadKey, view.Nonce, [.. view.EncodedHeader, .. view.EncodedPermit], view.Ciphertext);
        Assert.NotNull(plaintext);
        Assert.Equal(vector.Bytes("device-key"), plaintext[..32]);
        Assert.Equal(vector.Bytes("certificate"), plaintext[32..96]);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void An_envelope_is_sealed_to_the_byte(string file)
    {
        var vector = GoldenVector.Load(file);
        using var device = DeviceSecret.FromSeed(vector.Bytes("device-seed"));
        using var sealer = new EnvelopeSealer(device, TopicOf(vector), (uint)vector.Number("key-generation"));

        var envelope = sealer.Seal(
            vector.Number("sequence"),
            new HybridTimestamp(vector.Number("hlc")),
            (RetentionClass)vector.Number("class"),
            DateTimeOffset.FromUnixTimeMilliseconds(vector.Signed("composed-at")),
            vector.Bytes("content"),
            vector.Bytes("permit"),
            vector.Bytes("nonce"));

        Assert.Equal(vector.Text("envelope"), Convert.ToHexStringLower(envelope));
        Assert.Equal(vector.Text("message-id"), MessageId.Compute(envelope).ToString());
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void An_envelope_opens_with_nothing_but_its_invite(string file)
    {
        var vector = GoldenVector.Load(file);
        Assert.True(TopicInvite.TryParse(vector.Text("invite"), out var topic, out _));
        using var opener = new EnvelopeOpener(topic);

        var message = opener.Open(vector.Bytes("envelope")).Message;

        Assert.NotNull(message);
        Assert.Equal(vector.Text("message-id"), message.MessageId.ToString());
        Assert.Equal(vector.Text("device-key"), message.DeviceKey.ToString());
        Assert.Equal(vector.Signed("composed-at"), message.ComposedAt.ToUnixTimeMilliseconds());
        Assert.Equal(vector.Bytes("content"), message.Content.Span);
    }

    private static Topic TopicOf(GoldenVector vector) => vector.Text("kind") == "public"
        ? Topic.Public(vector.Text("network"), vector.Text("name"))
        : Topic.Private(vector.Text("network"), vector.Text("name"), vector.Bytes("topic-secret"));
}
