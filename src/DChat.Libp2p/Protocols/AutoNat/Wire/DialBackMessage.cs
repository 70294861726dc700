using DChat.Libp2p.Wire;

namespace DChat.Libp2p.Protocols.AutoNat.Wire;

/// <summary>The two messages on a stream that a server opens on the new connection: <c>{1 nonce fixed64}</c> and <c>{1 status}</c>.</summary>
internal static class DialBackMessage
{
    /// <summary>The longest message taken, in bytes: a nonce, and some that a later version adds.</summary>
    internal const int MaxLength = 128;

    internal static byte[] Encode(ulong nonce) => new ProtobufWriter().Fixed64(1, nonce).ToArray();

    /// <summary>The answer that the nonce has come. Its status is 0, which protobuf leaves out.</summary>
    internal static byte[] EncodeOk() => [];

    internal static bool TryDecode(ReadOnlySpan<byte> bytes, out ulong nonce) => TryDecodeNumber(bytes, out nonce);

    /// <summary>Whether an answer says that the nonce has come.</summary>
    internal static bool IsOk(ReadOnlySpan<byte> bytes) => TryDecodeNumber(bytes, out var status) && status == 0;

    private static bool TryDecodeNumber(ReadOnlySpan<byte> bytes, out ulong number)
    {
        number = 0;
        var reader = new ProtobufReader(bytes);
        while (reader.Next())
        {
            if (reader.Field == 1)
            {
                if (reader.IsBytes)
                {
                    return false;
                }

                number = reader.Number;
            }
        }

        return !reader.IsMalformed;
    }
}
