using System.Text.RegularExpressions;
using Dchat.V1;
using DChat.Core.Envelopes;
using Google.Protobuf;
using WireEnvelope = Dchat.V1.Envelope;

namespace DChat.Core.Tests.Envelopes;

/// <summary>
/// The canonical form by another road: bytes are canonical when a stock protobuf library reads them and, writing the same
/// fields again, gives back the same bytes.
/// </summary>
internal static partial class EnvelopeOracle
{
    public static RejectionCode Judge(byte[] bytes)
    {
        if (bytes.Length > 61_440)
        {
            return RejectionCode.Oversized;
        }

        try
        {
            var outer = WireEnvelope.Parser.ParseFrom(bytes);
            var again = new WireEnvelope { Body = outer.Body, Signature = outer.Signature };
            return bytes.AsSpan().SequenceEqual(again.ToByteArray()) && outer.Signature.Length == 64
                ? JudgeBody(outer.Body)
                : RejectionCode.NonCanonical;
        }
        catch (InvalidProtocolBufferException)
        {
            return RejectionCode.NonCanonical;
        }
    }

    private static RejectionCode JudgeBody(ByteString bytes)
    {
        var input = new CodedInputStream(bytes.ToByteArray());
        if (input.ReadTag() != 8)
        {
            return RejectionCode.NonCanonical;
        }

        var version = input.ReadUInt64();
        var prefix = new byte[input.Position];
        var output = new CodedOutputStream(prefix);
        output.WriteTag(8);
        output.WriteUInt64(version);
        if (version > uint.MaxValue || output.Position != prefix.Length || !bytes.Span.StartsWith(prefix))
        {
            return RejectionCode.NonCanonical;
        }

        return version != 1 ? RejectionCode.UnknownVersion : JudgeVersion1(bytes);
    }

    private static RejectionCode JudgeVersion1(ByteString bytes)
    {
        var body = EnvelopeBody.Parser.ParseFrom(bytes);
        var again = new EnvelopeBody
        {
            Version = body.Version,
            Network = body.Network,
            TopicTag = body.TopicTag,
            AuthorKey = body.AuthorKey,
            Sequence = body.Sequence,
            Hlc = body.Hlc,
            Retention = body.Retention,
            KeyGeneration = body.KeyGeneration,
            Nonce = body.Nonce,
            Ciphertext = body.Ciphertext,
        };
        if (body.HasPermit)
        {
            again.Permit = body.Permit;
        }

        var canonical = again.ToByteString() == bytes
            && NetworkRule().IsMatch(body.Network)
            && body.TopicTag.Length == 16
            && body.AuthorKey.Length == 32
            && body.Sequence > 0
            && (int)body.Retention >= 0
            && body.Nonce.Length == 24
            && body.Ciphertext.Length >= 16
            && (!body.HasPermit || body.Permit.Length is >= 1 and <= 128);
        return !canonical ? RejectionCode.NonCanonical
            : (int)body.Retention is < 1 or > 5 ? RejectionCode.UnknownClass
            : RejectionCode.None;
    }

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9._-]{0,31}\z")]
    private static partial Regex NetworkRule();
}
