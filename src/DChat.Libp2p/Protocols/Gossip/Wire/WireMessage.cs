using System.Buffers.Binary;
using DChat.Libp2p.Wire;

namespace DChat.Libp2p.Protocols.Gossip.Wire;

/// <summary>The fields of a message as they stand in an RPC (pubsub/README.md, "The Message").</summary>
/// <remarks>Presence is kept apart from content: an empty signature is a signature where none may be.</remarks>
internal ref struct WireMessage
{
    internal const int FromField = 1;
    internal const int DataField = 2;
    internal const int SequenceField = 3;
    internal const int TopicField = 4;
    internal const int SignatureField = 5;
    internal const int KeyField = 6;

    /// <summary>Bytes of a sequence number: big-endian.</summary>
    internal const int SequenceLength = 8;

    internal ReadOnlySpan<byte> From { get; set; }

    internal bool HasFrom { get; set; }

    internal ReadOnlySpan<byte> Data { get; set; }

    internal bool HasData { get; set; }

    internal ReadOnlySpan<byte> Sequence { get; set; }

    internal bool HasSequence { get; set; }

    internal ReadOnlySpan<byte> Topic { get; set; }

    internal ReadOnlySpan<byte> Signature { get; set; }

    internal bool HasSignature { get; set; }

    internal ReadOnlySpan<byte> Key { get; set; }

    internal bool HasKey { get; set; }

    /// <summary>Whether anything names or proves an author.</summary>
    internal readonly bool IsSigned => HasFrom || HasSequence || HasSignature || HasKey;

    /// <summary>The sequence number; 0 when there is none, or it has another length than it should.</summary>
    internal readonly ulong SequenceNumber => Sequence.Length == SequenceLength ? BinaryPrimitives.ReadUInt64BigEndian(Sequence) : 0;

    /// <summary>Decodes a message; of a field that comes twice the last counts, unknown ones are passed over.</summary>
    internal static bool TryDecode(ReadOnlySpan<byte> bytes, out WireMessage message)
    {
        message = default;
        var reader = new ProtobufReader(bytes);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case FromField when reader.IsBytes:
                    message.From = reader.Bytes;
                    message.HasFrom = true;
                    break;
                case DataField when reader.IsBytes:
                    message.Data = reader.Bytes;
                    message.HasData = true;
                    break;
                case SequenceField when reader.IsBytes:
                    message.Sequence = reader.Bytes;
                    message.HasSequence = true;
                    break;
                case TopicField when reader.IsBytes:
                    message.Topic = reader.Bytes;
                    break;
                case SignatureField when reader.IsBytes:
                    message.Signature = reader.Bytes;
                    message.HasSignature = true;
                    break;
                case KeyField when reader.IsBytes:
                    message.Key = reader.Bytes;
                    message.HasKey = true;
                    break;
            }
        }

        return !reader.IsMalformed;
    }
}
