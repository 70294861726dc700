using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using DChat.Libp2p.Multiformats;
using DChat.Libp2p.Wire;

namespace DChat.Libp2p.Identity;

/// <summary>
/// A payload signed for one purpose (RFC 0002): <c>{1 public_key, 2 payload_type, 3 payload, 5 signature}</c>, where the
/// signature covers length-prefixed domain, payload type and payload.
/// </summary>
public sealed class SignedEnvelope
{
    /// <summary>The longest encoded envelope that is accepted, in bytes.</summary>
    public const int MaxLength = 8192;

    private readonly byte[] _payloadType;
    private readonly byte[] _payload;
    private readonly byte[] _signature;

    private SignedEnvelope(PublicKey signer, byte[] payloadType, byte[] payload, byte[] signature)
    {
        Signer = signer;
        _payloadType = payloadType;
        _payload = payload;
        _signature = signature;
    }

    /// <summary>The key that the envelope says signed it.</summary>
    public PublicKey Signer { get; }

    /// <summary>What kind of payload: a multicodec.</summary>
    public ReadOnlyMemory<byte> PayloadType => _payloadType;

    /// <summary>The payload. Means nothing until <see cref="Verify"/> said true.</summary>
    public ReadOnlyMemory<byte> Payload => _payload;

    /// <summary>The signature.</summary>
    public ReadOnlyMemory<byte> Signature => _signature;

    /// <summary>Signs a payload.</summary>
    /// <param name="key">The signer.</param>
    /// <param name="domain">The purpose; a signature of one domain verifies in no other.</param>
    /// <param name="payloadType">A multicodec.</param>
    /// <param name="payload">The bytes to sign.</param>
    public static SignedEnvelope Seal(PrivateKey key, string domain, ReadOnlySpan<byte> payloadType, ReadOnlySpan<byte> payload)
    {
        ArgumentNullException.ThrowIfNull(key);
        return Seal(key.PublicKey, key.Sign, domain, payloadType, payload);
    }

    /// <summary>Signs a payload by a key that is held elsewhere, such as a host's.</summary>
    /// <param name="signer">The signer's public key.</param>
    /// <param name="sign">Makes the signer's signature over bytes.</param>
    /// <param name="domain">The purpose; a signature of one domain verifies in no other.</param>
    /// <param name="payloadType">A multicodec.</param>
    /// <param name="payload">The bytes to sign.</param>
    public static SignedEnvelope Seal(
        PublicKey signer, Func<ReadOnlySpan<byte>, byte[]> sign, string domain, ReadOnlySpan<byte> payloadType, ReadOnlySpan<byte> payload)
    {
        ArgumentNullException.ThrowIfNull(signer);
        ArgumentNullException.ThrowIfNull(sign);
        ArgumentNullException.ThrowIfNull(domain);
        return new SignedEnvelope(signer, payloadType.ToArray(), payload.ToArray(), sign(SignedBytes(domain, payloadType, payload)));
    }

    /// <summary>Decodes an envelope of a known key type, without verifying it.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> protobuf, [NotNullWhen(true)] out SignedEnvelope? envelope)
    {
        envelope = null;
        if (protobuf.Length > MaxLength)
        {
            return false;
        }

        ReadOnlySpan<byte> key = default, type = default, payload = default, signature = default;
        var reader = new ProtobufReader(protobuf);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: key = reader.Bytes; break;
                case 2: type = reader.Bytes; break;
                case 3: payload = reader.Bytes; break;
                case 5: signature = reader.Bytes; break;
            }
        }

        if (reader.IsMalformed || !PublicKey.TryDecode(key, out var signer))
        {
            return false;
        }

        envelope = new SignedEnvelope(signer, type.ToArray(), payload.ToArray(), signature.ToArray());
        return true;
    }

    /// <summary>Whether <see cref="Signer"/> signed this for <paramref name="domain"/>.</summary>
    public bool Verify(string domain) =>
        Signer.Verify(SignedBytes(domain, _payloadType, _payload), _signature);

    /// <summary>The bytes to send.</summary>
    public byte[] Encode() => new ProtobufWriter()
        .Bytes(1, Signer.Encode())
        .Bytes(2, _payloadType)
        .Bytes(3, _payload)
        .Bytes(5, _signature)
        .ToArray();

    private static ReadOnlySpan<byte> SignedBytes(string domain, ReadOnlySpan<byte> payloadType, ReadOnlySpan<byte> payload)
    {
        var writer = new ArrayBufferWriter<byte>();
        Prefixed(writer, System.Text.Encoding.UTF8.GetBytes(domain));
        Prefixed(writer, payloadType);
        Prefixed(writer, payload);
        return writer.WrittenSpan;
    }

    private static void Prefixed(ArrayBufferWriter<byte> writer, ReadOnlySpan<byte> bytes)
    {
        writer.Advance(Uvarint.Write(writer.GetSpan(Uvarint.MaxLength), (ulong)bytes.Length));
        writer.Write(bytes);
    }
}
