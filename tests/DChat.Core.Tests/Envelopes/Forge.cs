using System.Security.Cryptography;
using Dchat.V1;
using DChat.Core.Keys;
using DChat.Core.Topics;
using Google.Protobuf;
using NSec.Cryptography;

namespace DChat.Core.Tests.Envelopes;

/// <summary>
/// Makes envelopes no sealer would make, with a stock protobuf library and its own use of the cryptography, so that it
/// does not share the mistakes of the code under test.
/// </summary>
internal static class Forge
{
    /// <summary>The body of an envelope as the stock library reads it.</summary>
    public static EnvelopeBody BodyOf(byte[] envelope) => EnvelopeBody.Parser.ParseFrom(Envelope.Parser.ParseFrom(envelope).Body);

    /// <summary>An envelope with this body, signed by the author key of a device of <see cref="Given"/>.</summary>
    public static byte[] Sign(EnvelopeBody body, byte deviceSeed = 1) => Sign(body.ToByteArray(), deviceSeed);

    public static byte[] Sign(byte[] body, byte deviceSeed = 1)
    {
        using var key = AuthorKeyOf(deviceSeed, Given.Topic);
        byte[] signed = [.. "DCHAT-ENVELOPE-V1\0"u8, .. body];
        return Wrap(body, SignatureAlgorithm.Ed25519.Sign(key, signed));
    }

    /// <summary>An envelope with this body and signature.</summary>
    public static byte[] Wrap(byte[] body, byte[] signature) => new Envelope
    {
        Body = ByteString.CopyFrom(body),
        Signature = ByteString.CopyFrom(signature),
    }.ToByteArray();

    /// <summary>An envelope that is as long as that, at least some hundred bytes.</summary>
    public static byte[] OfLength(int length, ulong sequence = 1)
    {
        var body = BodyOf(Given.Envelope());
        body.Sequence = sequence;
        body.Ciphertext = ByteString.CopyFrom(new byte[500]);
        for (var missing = length; missing != 0;)
        {
            var envelope = Sign(body);
            missing = length - envelope.Length;
            if (missing == 0)
            {
                return envelope;
            }

            body.Ciphertext = ByteString.CopyFrom(new byte[body.Ciphertext.Length + missing]);
        }

        throw new InvalidOperationException("Unreachable.");
    }

    /// <summary>A signed envelope to <see cref="Given.Topic"/> whose plaintext is exactly these bytes.</summary>
    public static byte[] Seal(byte[] plaintext, ulong sequence = 1)
    {
        var body = BodyOf(Given.Envelope(sequence));
        var author = body.AuthorKey.ToByteArray();
        var key = HKDF.DeriveKey(
            HashAlgorithmName.SHA256,
            Given.Topic.ExportSecret(),
            32,
            info: [.. "DCHAT-PAYLOAD-KEY-V1\0"u8, .. body.TopicTag, 0, 0, 0, 0, .. author]);
        var header = body.Clone();
        header.ClearCiphertext();
        using var aeadKey = Key.Import(AeadAlgorithm.XChaCha20Poly1305, key, KeyBlobFormat.RawSymmetricKey);
        body.Ciphertext = ByteString.CopyFrom(
            AeadAlgorithm.XChaCha20Poly1305.Encrypt(aeadKey, body.Nonce.Span, header.ToByteArray(), plaintext));
        return Sign(body);
    }

    /// <summary>A plaintext laid out by hand.</summary>
    public static byte[] Plaintext(int length, DeviceKey device, byte[] certificate, long composedAt, uint contentLength)
    {
        var plaintext = new byte[length];
        device.Value.CopyTo(plaintext);
        certificate.CopyTo(plaintext, 32);
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(plaintext.AsSpan(96), composedAt);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(plaintext.AsSpan(104), contentLength);
        return plaintext;
    }

    /// <summary>What a device signs to own an author key.</summary>
    public static byte[] Certificate(byte deviceSeed, TopicTag topic, byte keyGeneration, AuthorKey author)
    {
        var tag = new byte[TopicTag.Length];
        topic.CopyTo(tag);
        using var key = Key.Import(SignatureAlgorithm.Ed25519, Given.Bytes(32, deviceSeed), KeyBlobFormat.RawPrivateKey);
        byte[] signed = [.. "DCHAT-AUTHOR-CERTIFICATE-V1\0"u8, .. tag, 0, 0, 0, keyGeneration, .. author.Value.ToArray()];
        return SignatureAlgorithm.Ed25519.Sign(key, signed);
    }

    private static Key AuthorKeyOf(byte deviceSeed, Topic topic)
    {
        var tag = new byte[TopicTag.Length];
        topic.Tag.CopyTo(tag);
        var seed = HKDF.DeriveKey(
            HashAlgorithmName.SHA256, Given.Bytes(32, deviceSeed), 32, info: [.. "DCHAT-AUTHOR-SEED-V1\0"u8, .. tag, 0, 0, 0, 0]);
        return Key.Import(SignatureAlgorithm.Ed25519, seed, KeyBlobFormat.RawPrivateKey);
    }
}
