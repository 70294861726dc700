using System.Text;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Wire;

namespace DChat.Libp2p.Noise;

/// <summary>
/// What binds a Noise static key to a peer (noise/README.md, "The libp2p Handshake Payload"):
/// <c>{1 identity_key, 2 identity_sig, 4 extensions {2 repeated stream_muxers}}</c>.
/// </summary>
internal sealed record NoisePayload(PublicKey Identity, IReadOnlyList<string> Muxers)
{
    /// <summary>The most muxers taken from an offer.</summary>
    internal const int MaxMuxers = 16;

    private static readonly byte[] SignaturePrefix = "noise-libp2p-static-key:"u8.ToArray();

    internal static byte[] Sign(PrivateKey identity, ReadOnlySpan<byte> staticKey) => identity.Sign([.. SignaturePrefix, .. staticKey]);

    internal static byte[] Encode(PublicKey identity, ReadOnlySpan<byte> signature, IReadOnlyList<string> muxers)
    {
        var extensions = new ProtobufWriter();
        foreach (var muxer in muxers)
        {
            extensions.Text(2, muxer);
        }

        return new ProtobufWriter().Bytes(1, identity.Encode()).Bytes(2, signature).Bytes(4, extensions.Written.Span).ToArray();
    }

    /// <summary>Decodes a payload and verifies that its identity signed <paramref name="staticKey"/>.</summary>
    /// <exception cref="Libp2pException">It did not, or the payload is malformed.</exception>
    internal static NoisePayload Open(ReadOnlySpan<byte> protobuf, ReadOnlySpan<byte> staticKey)
    {
        ReadOnlySpan<byte> key = default, signature = default, extensions = default;
        var reader = new ProtobufReader(protobuf);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: key = reader.Bytes; break;
                case 2: signature = reader.Bytes; break;
                case 4: extensions = reader.Bytes; break;
            }
        }

        if (reader.IsMalformed || !PublicKey.TryDecode(key, out var identity))
        {
            throw new Libp2pException(Libp2pErrorCodes.HandshakeFailed, "The handshake payload names no identity key.");
        }

        if (!identity.Verify([.. SignaturePrefix, .. staticKey], signature))
        {
            throw new Libp2pException(Libp2pErrorCodes.BadSignature, $"{identity.Peer} did not sign the key of this handshake.");
        }

        return new NoisePayload(identity, ReadMuxers(extensions));
    }

    private static List<string> ReadMuxers(ReadOnlySpan<byte> extensions)
    {
        var muxers = new List<string>();
        var reader = new ProtobufReader(extensions);
        while (reader.Next() && muxers.Count < MaxMuxers)
        {
            if (reader is { Field: 2, IsBytes: true })
            {
                muxers.Add(Encoding.UTF8.GetString(reader.Bytes));
            }
        }

        return muxers;
    }
}
