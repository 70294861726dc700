using System.Text;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Multiformats;

namespace DChat.Libp2p.Protocols.Gossip.Wire;

/// <summary>
/// A message in the one form that every peer is sent: encoded once, shared by all queues, caches and validators, and
/// never changed. What is kept of a message that arrived is this copy, so that no longer RPC stays alive for it.
/// </summary>
internal sealed class GossipPacket
{
    private const byte PublishTag = (2 << 3) | 2;

    private GossipPacket(GossipMessageId id, string topic, byte[] frame, ReadOnlyMemory<byte> data, PeerId? author, ulong sequence)
    {
        Id = id;
        Topic = topic;
        Frame = frame;
        Data = data;
        Author = author;
        Sequence = sequence;
    }

    internal GossipMessageId Id { get; }

    internal string Topic { get; }

    /// <summary>The entry as it stands in an RPC: <c>12 length message</c>.</summary>
    internal ReadOnlyMemory<byte> Frame { get; }

    internal ReadOnlyMemory<byte> Data { get; }

    internal PeerId? Author { get; }

    internal ulong Sequence { get; }

    /// <summary>A message without author.</summary>
    internal static GossipPacket Create(GossipMessageId id, string topic, ReadOnlySpan<byte> data) =>
        Create(id, topic, new WireMessage { Data = data, HasData = true }, null);

    /// <summary>A message with the known fields of another, in the order of their numbers (pubsub/README.md, "The Message").</summary>
    internal static GossipPacket Create(GossipMessageId id, string topic, in WireMessage fields, PeerId? author)
    {
        var topicLength = Encoding.UTF8.GetByteCount(topic);
        var length = FieldLength(topicLength)
            + (fields.HasFrom ? FieldLength(fields.From.Length) : 0)
            + (fields.HasData ? FieldLength(fields.Data.Length) : 0)
            + (fields.HasSequence ? FieldLength(fields.Sequence.Length) : 0)
            + (fields.HasSignature ? FieldLength(fields.Signature.Length) : 0)
            + (fields.HasKey ? FieldLength(fields.Key.Length) : 0);
        var frame = new byte[1 + Uvarint.Length((ulong)length) + length];
        frame[0] = PublishTag;
        var at = 1 + Uvarint.Write(frame.AsSpan(1), (ulong)length);
        Append(frame, ref at, WireMessage.FromField, fields.From, fields.HasFrom);
        Append(frame, ref at, WireMessage.DataField, fields.Data, fields.HasData);
        var data = frame.AsMemory(at - fields.Data.Length, fields.Data.Length);
        Append(frame, ref at, WireMessage.SequenceField, fields.Sequence, fields.HasSequence);
        frame[at++] = (WireMessage.TopicField << 3) | 2;
        at += Uvarint.Write(frame.AsSpan(at), (ulong)topicLength);
        at += Encoding.UTF8.GetBytes(topic, frame.AsSpan(at));
        Append(frame, ref at, WireMessage.SignatureField, fields.Signature, fields.HasSignature);
        Append(frame, ref at, WireMessage.KeyField, fields.Key, fields.HasKey);
        return new GossipPacket(id, topic, frame, data, author, fields.SequenceNumber);
    }

    private static int FieldLength(int length) => 1 + Uvarint.Length((ulong)length) + length;

    private static void Append(byte[] frame, ref int at, int field, ReadOnlySpan<byte> value, bool isPresent)
    {
        if (!isPresent)
        {
            return;
        }

        frame[at++] = (byte)((field << 3) | 2);
        at += Uvarint.Write(frame.AsSpan(at), (ulong)value.Length);
        value.CopyTo(frame.AsSpan(at));
        at += value.Length;
    }
}
