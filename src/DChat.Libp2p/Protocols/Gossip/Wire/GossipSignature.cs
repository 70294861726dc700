using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Multiformats;

namespace DChat.Libp2p.Protocols.Gossip.Wire;

/// <summary>
/// Signs and checks messages (pubsub/README.md, "Message Signing"): over <c>libp2p-pubsub:</c> ‖ the message without
/// signature and key. The text of the specification leaves out only the signature; deployed peers leave out both.
/// </summary>
internal static class GossipSignature
{
    private static ReadOnlySpan<byte> Prefix => "libp2p-pubsub:"u8;

    /// <summary>A signed message. The key is left out: it is inside the author's peer id.</summary>
    internal static GossipPacket Sign(PublicKey author, Func<ReadOnlySpan<byte>, byte[]> sign, GossipIdFunction idOf, string topic, ReadOnlySpan<byte> data, ulong sequence)
    {
        Span<byte> number = stackalloc byte[WireMessage.SequenceLength];
        BinaryPrimitives.WriteUInt64BigEndian(number, sequence);
        var from = author.Peer.Bytes.Span;
        var message = new WireMessage
        {
            From = from,
            HasFrom = true,
            Data = data,
            HasData = true,
            Sequence = number,
            HasSequence = true,
            Topic = Encoding.UTF8.GetBytes(topic),
        };
        message.Signature = sign(SignedBytes(message));
        message.HasSignature = true;
        return GossipPacket.Create(idOf(topic, data, from, number), topic, message, author.Peer);
    }

    /// <summary>Checks author, sequence number, key and signature; why it is refused, or null with the author.</summary>
    internal static SignatureFault? Check(in WireMessage message, out PeerId? author)
    {
        author = null;
        if (!message.HasFrom || !message.HasSequence || !message.HasSignature)
        {
            return SignatureFault.Missing;
        }

        if (message.Sequence.Length != WireMessage.SequenceLength || !PeerId.TryFromBytes(message.From, out var from))
        {
            return SignatureFault.Malformed;
        }

        if (!TryFindKey(message, out var key))
        {
            return SignatureFault.UnknownKey;
        }

        if (!key.Peer.Equals(from))
        {
            return SignatureFault.Malformed;
        }

        author = from;
        var signed = SignedBytes(message);
        return key.Verify(signed, message.Signature) ? null
            : key.Type == KeyType.Secp256k1 && Secp256k1Key.TryRead(key.Data.Span)!.VerifyHigh(signed, message.Signature) ? SignatureFault.HighS
            : SignatureFault.Wrong;
    }

    private static bool TryFindKey(in WireMessage message, [NotNullWhen(true)] out PublicKey? key)
    {
        if (message.HasKey)
        {
            return PublicKey.TryDecode(message.Key, out key);
        }

        key = null;
        return Multihash.TryDecode(message.From, out var code, out var digest)
            && code == Multihash.IdentityCode && PublicKey.TryDecode(digest, out key);
    }

    /// <summary>What a signature is over.</summary>
    internal static ReadOnlySpan<byte> SignedBytes(in WireMessage message)
    {
        var buffer = new ArrayBufferWriter<byte>(Prefix.Length + message.From.Length + message.Data.Length + message.Topic.Length + 64);
        buffer.Write(Prefix);
        Append(buffer, WireMessage.FromField, message.From);
        if (message.HasData)
        {
            Append(buffer, WireMessage.DataField, message.Data);
        }

        Append(buffer, WireMessage.SequenceField, message.Sequence);
        Append(buffer, WireMessage.TopicField, message.Topic);
        return buffer.WrittenSpan;
    }

    private static void Append(ArrayBufferWriter<byte> buffer, int field, ReadOnlySpan<byte> value)
    {
        var head = buffer.GetSpan(1 + Uvarint.MaxLength);
        head[0] = (byte)((field << 3) | 2);
        buffer.Advance(1 + Uvarint.Write(head[1..], (ulong)value.Length));
        buffer.Write(value);
    }
}
