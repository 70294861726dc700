using System.Diagnostics.CodeAnalysis;
using System.Text;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Wire;

namespace DChat.Libp2p.Protocols.Kad.Wire;

/// <summary>Decodes messages. A peer or an address that does not decode is dropped, never the message that carried it.</summary>
internal static class KadMessageReader
{
    /// <summary>Decodes a message; false when it is malformed or one of its parts is over its limit.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> protobuf, [NotNullWhen(true)] out KadMessage? message)
    {
        message = null;
        var (type, key) = (0UL, Array.Empty<byte>());
        KadRecord? record = null;
        List<KadPeer> closer = [], providers = [];
        var reader = new ProtobufReader(protobuf);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1 when !reader.IsBytes:
                    type = reader.Number;
                    break;
                case 2 when reader.IsBytes:
                    key = reader.Bytes.ToArray();
                    break;
                case 3 when reader.IsBytes && !TryReadRecord(reader.Bytes, out record):
                    return false;
                case 8 when closer.Count < KadMessage.MaxPeers && TryReadPeer(reader.Bytes, out var peer):
                    closer.Add(peer);
                    break;
                case 9 when providers.Count < KadMessage.MaxPeers && TryReadPeer(reader.Bytes, out var provider):
                    providers.Add(provider);
                    break;
            }
        }

        if (reader.IsMalformed || type > (ulong)KadMessageType.Ping || key.Length > KadMessage.MaxKeyLength)
        {
            return false;
        }

        message = new KadMessage((KadMessageType)type) { Key = key, Record = record, CloserPeers = closer, ProviderPeers = providers };
        return true;
    }

    private static bool TryReadRecord(ReadOnlySpan<byte> protobuf, [NotNullWhen(true)] out KadRecord? record)
    {
        record = null;
        byte[] key = [], value = [];
        string? time = null;
        var reader = new ProtobufReader(protobuf);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1 when reader.Bytes.Length > KadMessage.MaxKeyLength:
                case 2 when reader.Bytes.Length > KadMessage.MaxValueLength:
                    return false;
                case 1:
                    key = reader.Bytes.ToArray();
                    break;
                case 2:
                    value = reader.Bytes.ToArray();
                    break;
                case 5 when reader.Bytes.Length is > 0 and <= KadMessage.MaxTimeLength && Ascii.IsValid(reader.Bytes):
                    time = Encoding.ASCII.GetString(reader.Bytes);
                    break;
            }
        }

        record = new KadRecord(key, value, time);
        return !reader.IsMalformed;
    }

    private static bool TryReadPeer(ReadOnlySpan<byte> protobuf, [NotNullWhen(true)] out KadPeer? peer)
    {
        peer = null;
        PeerId? id = null;
        var addresses = new List<Multiaddr>();
        var reader = new ProtobufReader(protobuf);
        while (reader.Next())
        {
            if (reader.Field == 1 && !PeerId.TryFromBytes(reader.Bytes, out id))
            {
                return false;
            }

            if (reader.Field == 2 && addresses.Count < KadMessage.MaxAddresses && Multiaddr.TryDecode(reader.Bytes, out var address))
            {
                addresses.Add(address.WithoutPeer());
            }
        }

        peer = id is null || reader.IsMalformed ? null : new KadPeer(id, addresses);
        return peer is not null;
    }
}
