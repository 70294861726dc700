using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Text;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Multiformats;

namespace DChat.Libp2p.Addresses;

/// <summary>How the value of a multiaddr component is written as text.</summary>
internal enum MultiaddrValue
{
    None,
    Ip,
    Port,
    Byte,
    Text,
    Path,
    Peer,
    CertHash,
}

/// <summary>Text to bytes and back for each kind of value.</summary>
internal static class MultiaddrValueCodec
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    internal static bool TryParse(MultiaddrProtocol protocol, string text, out byte[] value)
    {
        value = [];
        switch (protocol.Kind)
        {
            case MultiaddrValue.Ip:
                return TryParseIp(protocol, text, out value);
            case MultiaddrValue.Port:
                value = new byte[2];
                var isPort = ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port);
                BinaryPrimitives.WriteUInt16BigEndian(value, port);
                return isPort;
            case MultiaddrValue.Byte:
                var isByte = byte.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var one);
                value = [one];
                return isByte;
            case MultiaddrValue.Peer:
                var isPeer = PeerId.TryParse(text, out var peer);
                value = isPeer ? peer!.ToBytes() : [];
                return isPeer;
            case MultiaddrValue.CertHash:
                // multibase u: base64url without padding.
                var isHash = text.StartsWith('u') && Base64Url.IsValid(text.AsSpan(1));
                value = isHash ? Base64Url.DecodeFromChars(text.AsSpan(1)) : [];
                return isHash && Multihash.TryDecode(value, out _, out _);
            default:
                value = Encoding.UTF8.GetBytes(text);
                return IsValid(protocol, value);
        }
    }

    /// <summary>Whether a value read from the wire can be shown as text and parsed back to the same bytes.</summary>
    internal static bool IsValid(MultiaddrProtocol protocol, ReadOnlySpan<byte> value)
    {
        switch (protocol.Kind)
        {
            case MultiaddrValue.Peer:
                return PeerId.TryFromBytes(value, out _);
            case MultiaddrValue.CertHash:
                return Multihash.TryDecode(value, out _, out _);
            case MultiaddrValue.Text:
                return !value.IsEmpty && !value.Contains((byte)'/') && IsText(value);
            case MultiaddrValue.Path:
                // Slashes at the end of a text say nothing.
                return value.Length > 1 && value[0] == (byte)'/' && value[^1] != (byte)'/' && IsText(value);
            default:
                return true;
        }
    }

    internal static string Format(MultiaddrProtocol protocol, ReadOnlySpan<byte> value) => protocol.Kind switch
    {
        MultiaddrValue.Ip => new IPAddress(value).ToString(),
        MultiaddrValue.Port => BinaryPrimitives.ReadUInt16BigEndian(value).ToString(CultureInfo.InvariantCulture),
        MultiaddrValue.Byte => value[0].ToString(CultureInfo.InvariantCulture),
        MultiaddrValue.Peer => PeerId.FromBytes(value).ToString(),
        MultiaddrValue.CertHash => "u" + Base64Url.EncodeToString(value),
        _ => Encoding.UTF8.GetString(value),
    };

    private static bool TryParseIp(MultiaddrProtocol protocol, string text, out byte[] value)
    {
        value = [];
        if (text.AsSpan().ContainsAny('%', '[', ']') || !IPAddress.TryParse(text, out var address))
        {
            return false;
        }

        value = address.GetAddressBytes();

        // IPAddress reads "1" as 0.0.0.1; only dotted quads are addresses here.
        return value.Length == protocol.Size && (protocol != MultiaddrProtocol.Ip4 || address.ToString() == text);
    }

    private static bool IsText(ReadOnlySpan<byte> value)
    {
        if (value.Contains((byte)0))
        {
            return false;
        }

        try
        {
            StrictUtf8.GetCharCount(value);
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }
}
