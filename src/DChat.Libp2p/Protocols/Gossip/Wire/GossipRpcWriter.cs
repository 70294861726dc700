using System.Buffers;
using System.Text;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Multiformats;

namespace DChat.Libp2p.Protocols.Gossip.Wire;

/// <summary>Encodes RPCs, each with its length before it. Messages are copied from their shared encoding. Not thread-safe.</summary>
internal sealed class GossipRpcWriter
{
    private readonly ArrayBufferWriter<byte> _subscriptions = new();
    private readonly ArrayBufferWriter<byte> _control = new();

    /// <summary>Bytes that a subscription adds to an RPC, at most.</summary>
    internal static int SubscriptionSize(string topic) => Encoding.UTF8.GetByteCount(topic) + 10;

    /// <summary>Bytes that a graft or prune adds to an RPC, at most, its share of the control message included.</summary>
    internal static int MeshChangeSize(string topic, MeshChange change) =>
        Encoding.UTF8.GetByteCount(topic) + 28 + (change.Others?.Sum(o => ExchangeSize(o.Peer, o.Record)) ?? 0);

    /// <summary>Bytes that another peer adds to a prune, at most.</summary>
    internal static int ExchangeSize(PeerId peer, ReadOnlyMemory<byte> record) => peer.Bytes.Length + record.Length + 12;

    /// <summary>Bytes that an entry adds to an RPC beside its ids, at most, its share of the control message included.</summary>
    internal static int IdsSize(string? topic) => 24 + (topic is null ? 0 : Encoding.UTF8.GetByteCount(topic));

    internal static int IdSize(GossipMessageId id) => id.Span.Length + 3;

    /// <summary>Writes one RPC without flushing; how many bytes it has, its length not counted.</summary>
    internal int Write(IBufferWriter<byte> output, GossipBatch batch)
    {
        _subscriptions.ResetWrittenCount();
        _control.ResetWrittenCount();
        foreach (var (topic, isSubscribed) in batch.Subscriptions)
        {
            WriteSubscription(topic, isSubscribed);
        }

        foreach (var (topic, change) in batch.MeshChanges)
        {
            WriteMeshChange(topic, change);
        }

        foreach (var gossip in batch.Gossip)
        {
            WriteIds(gossip);
        }

        return WriteRpc(output, batch);
    }

    private static int FieldLength(int length) => 1 + Uvarint.Length((ulong)length) + length;

    private static void Tag(IBufferWriter<byte> writer, int field, int length)
    {
        var head = writer.GetSpan(1 + Uvarint.MaxLength);
        head[0] = (byte)((field << 3) | 2);
        writer.Advance(1 + Uvarint.Write(head[1..], (ulong)length));
    }

    private static void Number(ArrayBufferWriter<byte> writer, int field, ulong value)
    {
        var head = writer.GetSpan(1 + Uvarint.MaxLength);
        head[0] = (byte)(field << 3);
        writer.Advance(1 + Uvarint.Write(head[1..], value));
    }

    private static void Text(ArrayBufferWriter<byte> writer, int field, string value, int length)
    {
        Tag(writer, field, length);
        writer.Advance(Encoding.UTF8.GetBytes(value, writer.GetSpan(length)));
    }

    private int WriteRpc(IBufferWriter<byte> output, GossipBatch batch)
    {
        var length = _subscriptions.WrittenCount + (_control.WrittenCount > 0 ? FieldLength(_control.WrittenCount) : 0);
        foreach (var packet in batch.Packets)
        {
            length += packet.Frame.Length;
        }

        output.Advance(Uvarint.Write(output.GetSpan(Uvarint.MaxLength), (ulong)length));
        output.Write(_subscriptions.WrittenSpan);
        if (_control.WrittenCount > 0)
        {
            Tag(output, 3, _control.WrittenCount);
            output.Write(_control.WrittenSpan);
        }

        foreach (var packet in batch.Packets)
        {
            output.Write(packet.Frame.Span);
        }

        return length;
    }

    private void WriteSubscription(string topic, bool isSubscribed)
    {
        var length = Encoding.UTF8.GetByteCount(topic);
        Tag(_subscriptions, 1, 2 + FieldLength(length));
        Number(_subscriptions, 1, isSubscribed ? 1u : 0u);
        Text(_subscriptions, 2, topic, length);
    }

    /// <summary>A GRAFT when there is no back-off, a PRUNE when there is.</summary>
    private void WriteMeshChange(string topic, MeshChange change)
    {
        var length = Encoding.UTF8.GetByteCount(topic);
        if (change.Backoff is not { } time)
        {
            Tag(_control, 3, FieldLength(length));
            Text(_control, 1, topic, length);
            return;
        }

        var seconds = (ulong)Math.Ceiling(time.TotalSeconds);
        var others = change.Others ?? [];
        Tag(_control, 4, FieldLength(length) + others.Sum(o => FieldLength(ExchangeLength(o.Peer, o.Record))) + 1 + Uvarint.Length(seconds));
        Text(_control, 1, topic, length);
        foreach (var (peer, record) in others)
        {
            Tag(_control, 2, ExchangeLength(peer, record));
            Tag(_control, 1, peer.Bytes.Length);
            _control.Write(peer.Bytes.Span);
            Tag(_control, 2, record.Length);
            _control.Write(record.Span);
        }

        Number(_control, 3, seconds);
    }

    private static int ExchangeLength(PeerId peer, ReadOnlyMemory<byte> record) => FieldLength(peer.Bytes.Length) + FieldLength(record.Length);

    private void WriteIds(GossipIds gossip)
    {
        var (field, idField) = gossip.Kind switch
        {
            GossipKind.Ihave => (1, 2),
            GossipKind.Iwant => (2, 1),
            _ => (5, 1),
        };
        var topic = gossip.Topic is null ? 0 : Encoding.UTF8.GetByteCount(gossip.Topic);
        var length = gossip.Topic is null ? 0 : FieldLength(topic);
        foreach (var id in gossip.Ids.Span)
        {
            length += FieldLength(id.Span.Length);
        }

        Tag(_control, field, length);
        if (gossip.Topic is not null)
        {
            Text(_control, 1, gossip.Topic, topic);
        }

        foreach (var id in gossip.Ids.Span)
        {
            Tag(_control, idField, id.Span.Length);
            _control.Write(id.Span);
        }
    }
}
