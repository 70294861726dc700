using System.Buffers;
using DChat.Libp2p.Multiformats;
using DChat.Libp2p.Wire;

namespace DChat.Libp2p.Protocols.Kad.Wire;

/// <summary>Encodes messages, with their length before them.</summary>
internal static class KadMessageWriter
{
    /// <summary>
    /// Writes a message of at most <see cref="KadMessage.MaxSent"/> bytes. Peers that do not fit are left out, the last of
    /// a list first; providers may take half of the room that closer peers would need.
    /// </summary>
    /// <exception cref="Libp2pException">Key and record alone are too long (<see cref="Libp2pErrorCodes.LimitReached"/>).</exception>
    internal static void Write(IBufferWriter<byte> output, KadMessage message)
    {
        // 08 04 | 12 22 key | 1a .. record | 42 .. closer peer | 4a .. provider. The type is written when it is 0 too.
        var writer = new ProtobufWriter().Varint(1, (ulong)message.Type);
        if (!message.Key.IsEmpty)
        {
            writer.Bytes(2, message.Key.Span);
        }

        if (message.Record is { } record)
        {
            writer.Bytes(3, Encode(record).Span);
        }

        var room = KadMessage.MaxSent - writer.Written.Length;
        if (room < 0)
        {
            throw new Libp2pException(Libp2pErrorCodes.LimitReached, $"Key and record are over the limit of {KadMessage.MaxSent} bytes.");
        }

        var (closer, providers) = (message.CloserPeers.Select(Encode).ToList(), message.ProviderPeers.Select(Encode).ToList());
        var unwanted = Math.Max(0, room - closer.Sum(SizeOf));
        room -= Append(writer, 9, providers, Math.Max(room / 2, unwanted));
        Append(writer, 8, closer, room);
        LengthPrefixed.Write(output, writer.Written.Span);
    }

    private static int Append(ProtobufWriter writer, int field, List<ReadOnlyMemory<byte>> peers, int room)
    {
        var used = 0;
        foreach (var peer in peers)
        {
            if (used + SizeOf(peer) > room)
            {
                break;
            }

            used += SizeOf(peer);
            writer.Bytes(field, peer.Span);
        }

        return used;
    }

    /// <summary>Bytes of a list's entry: tag, length and content.</summary>
    private static int SizeOf(ReadOnlyMemory<byte> entry) => 1 + Uvarint.Length((ulong)entry.Length) + entry.Length;

    private static ReadOnlyMemory<byte> Encode(KadRecord record)
    {
        var writer = new ProtobufWriter().Bytes(1, record.Key.Span).Bytes(2, record.Value.Span);
        return (record.TimeReceived is { } time ? writer.Text(5, time) : writer).Written;
    }

    private static ReadOnlyMemory<byte> Encode(KadPeer peer)
    {
        var writer = new ProtobufWriter().Bytes(1, peer.Id.Bytes.Span);
        foreach (var address in peer.Addresses)
        {
            writer.Bytes(2, address.Bytes.Span);
        }

        return writer.Written;
    }
}
