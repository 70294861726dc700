using System.Diagnostics.CodeAnalysis;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Wire;

namespace DChat.Libp2p.Protocols.Dcutr;

/// <summary>A message <c>{1 type, 2 obsAddrs*}</c> (relay/DCUtR.md, "RPC messages").</summary>
/// <param name="Type"><see cref="Connect"/>, <see cref="Sync"/>, or what nobody knows.</param>
/// <param name="Addresses">Where the sender may be reached.</param>
internal sealed record DcutrMessage(ulong Type, IReadOnlyList<Multiaddr> Addresses)
{
    /// <summary>The longest message that is taken, in bytes.</summary>
    internal const int MaxLength = 4096;

    /// <summary>The most addresses sent, and taken of what is received.</summary>
    internal const int MaxAddresses = 16;

    internal const ulong Connect = 100;

    internal const ulong Sync = 300;

    /// <summary>Encodes it; addresses that do not fit any more are left out.</summary>
    internal byte[] Encode()
    {
        var writer = new ProtobufWriter().Varint(1, Type);
        foreach (var address in Addresses.Take(MaxAddresses))
        {
            if (writer.Written.Length + address.Bytes.Length + 8 <= MaxLength)
            {
                writer.Bytes(2, address.Bytes.Span);
            }
        }

        return writer.ToArray();
    }

    /// <summary>Decodes a message. Addresses with unknown protocols are passed over.</summary>
    internal static bool TryDecode(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out DcutrMessage? message)
    {
        message = null;
        ulong? type = null;
        var addresses = new List<Multiaddr>();
        var reader = new ProtobufReader(bytes);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1 when !reader.IsBytes:
                    type = reader.Number;
                    break;
                case 2 when addresses.Count < MaxAddresses && Multiaddr.TryDecode(reader.Bytes, out var address):
                    addresses.Add(address);
                    break;
            }
        }

        message = reader.IsMalformed || type is not { } known ? null : new DcutrMessage(known, addresses);
        return message is not null;
    }
}
