using DChat.Core.Clocks;
using DChat.Core.Keys;
using DChat.Core.Topics;
using DChat.Core.Wire;

namespace DChat.Core.Envelopes;

/// <summary>
/// Reads envelopes. Exactly one byte string encodes an envelope (schema and rules: <c>Protocol/envelope.proto</c>), so the
/// hash of the bytes names the message. Reading allocates nothing and never throws.
/// </summary>
public static class Envelope
{
    /// <summary>The envelope version this code reads and writes.</summary>
    public const uint Version = 1;

    /// <summary>Reads an envelope in its canonical form; does not verify the signature.</summary>
    /// <param name="bytes">The envelope and nothing else.</param>
    /// <param name="view">
    /// The fields, as spans into <paramref name="bytes"/>; default unless <see cref="RejectionCode.None"/> is returned.
    /// </param>
    /// <returns>
    /// <see cref="RejectionCode.None"/>, <see cref="RejectionCode.Oversized"/>, <see cref="RejectionCode.NonCanonical"/>,
    /// <see cref="RejectionCode.UnknownVersion"/> (then only the outer form and the version field are checked, for another
    /// version may have another body) or <see cref="RejectionCode.UnknownClass"/> (everything else is canonical).
    /// </returns>
    public static RejectionCode TryRead(ReadOnlySpan<byte> bytes, out EnvelopeView view)
    {
        view = default;
        if (bytes.Length > EnvelopeLimits.MaxBytes)
        {
            return RejectionCode.Oversized;
        }

        var outer = new WireReader(bytes);
        if (!outer.TryReadBytes(EnvelopeFields.Body, 0, EnvelopeLimits.MaxBytes, out var body)
            || !outer.TryReadBytes(EnvelopeFields.Signature, EnvelopeLimits.SignatureLength, out var signature)
            || outer.Rest.Length > 0)
        {
            return RejectionCode.NonCanonical;
        }

        var reader = new WireReader(body);
        if (!reader.TryReadVarint(EnvelopeFields.Version, uint.MaxValue, out var version))
        {
            return RejectionCode.NonCanonical;
        }

        return version == Version ? ReadBody(reader, body, signature, out view) : RejectionCode.UnknownVersion;
    }

    /// <summary>Whether the author key signed the body (Ed25519, RFC 8032). Takes tens of microseconds.</summary>
    public static bool VerifySignature(in EnvelopeView view) =>
        LabelledSignature.Verify(view.AuthorKey.Value, KeyLabels.Envelope, view.Body, view.Signature);

    private static RejectionCode ReadBody(
        WireReader reader, ReadOnlySpan<byte> body, ReadOnlySpan<byte> signature, out EnvelopeView view)
    {
        view = default;
        if (!reader.TryReadBytes(EnvelopeFields.Network, 1, NetworkName.MaxLength, out var network)
            || !NetworkName.IsValid(network)
            || !reader.TryReadBytes(EnvelopeFields.TopicTag, TopicTag.Length, out var topicTag)
            || !reader.TryReadBytes(EnvelopeFields.AuthorKey, Bytes32.Length, out var authorKey)
            || !reader.TryReadVarint(EnvelopeFields.Sequence, ulong.MaxValue, out var sequence)
            || sequence == 0
            || !reader.TryReadFixed64(EnvelopeFields.Hlc, out var hlc)
            || !reader.TryReadVarint(EnvelopeFields.Class, int.MaxValue, out var retention)
            || !reader.TryReadVarint(EnvelopeFields.KeyGeneration, uint.MaxValue, out var keyGeneration)
            || !reader.TryReadBytes(EnvelopeFields.Nonce, EnvelopeLimits.NonceLength, out var nonce))
        {
            return RejectionCode.NonCanonical;
        }

        var header = body[..^reader.Rest.Length];
        if (!reader.TryReadBytes(
            EnvelopeFields.Ciphertext, EnvelopeLimits.MinCiphertextLength, EnvelopeLimits.MaxBytes, out var ciphertext))
        {
            return RejectionCode.NonCanonical;
        }

        var encodedPermit = reader.Rest;
        var permit = ReadOnlySpan<byte>.Empty;
        if (encodedPermit.Length > 0
            && (!reader.TryReadBytes(EnvelopeFields.Permit, 1, EnvelopeLimits.MaxPermitLength, out permit) || reader.Rest.Length > 0))
        {
            return RejectionCode.NonCanonical;
        }

        if (!RetentionClasses.IsKnown(retention))
        {
            return RejectionCode.UnknownClass;
        }

        view = new EnvelopeView
        {
            Version = Version,
            Network = network,
            TopicTag = new TopicTag(topicTag),
            AuthorKey = new AuthorKey(new Bytes32(authorKey)),
            Sequence = sequence,
            Hlc = new HybridTimestamp(hlc),
            Class = (RetentionClass)retention,
            KeyGeneration = (uint)keyGeneration,
            Nonce = nonce,
            Ciphertext = ciphertext,
            Permit = permit,
            Body = body,
            Signature = signature,
            EncodedHeader = header,
            EncodedPermit = encodedPermit,
        };
        return RejectionCode.None;
    }
}
