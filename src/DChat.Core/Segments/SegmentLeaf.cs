using System.Buffers.Binary;
using DChat.Core.Clocks;
using DChat.Core.Envelopes;

namespace DChat.Core.Segments;

/// <summary>
/// What the Merkle tree of a sealed segment says of one message, 45 bytes: MessageId (32), HLC (8), retention class (1), envelope
/// length (4); integers are big-endian. No topic tag: what is left after pruning tells nothing of who talked.
/// </summary>
/// <param name="Id">The message.</param>
/// <param name="Hlc">The author's timestamp.</param>
/// <param name="Class">Its retention class.</param>
/// <param name="Size">The length of its envelope in bytes.</param>
public readonly record struct SegmentLeaf(MessageId Id, HybridTimestamp Hlc, RetentionClass Class, uint Size)
{
    /// <summary>The length of a leaf in bytes.</summary>
    public const int Length = 45;

    private const int HlcAt = MessageId.Length;
    private const int ClassAt = HlcAt + sizeof(ulong);
    private const int SizeAt = ClassAt + 1;

    /// <summary>Reads a leaf; it is not checked.</summary>
    /// <param name="leaf">At least <see cref="Length"/> bytes.</param>
    public static SegmentLeaf Read(ReadOnlySpan<byte> leaf) => new(
        IdOf(leaf),
        HlcOf(leaf),
        (RetentionClass)leaf[ClassAt],
        BinaryPrimitives.ReadUInt32BigEndian(leaf[SizeAt..]));

    /// <summary>The message of a leaf.</summary>
    /// <param name="leaf">At least <see cref="Length"/> bytes.</param>
    public static MessageId IdOf(ReadOnlySpan<byte> leaf) => new(new Bytes32(leaf[..MessageId.Length]));

    /// <summary>The timestamp of a leaf.</summary>
    /// <param name="leaf">At least <see cref="Length"/> bytes.</param>
    public static HybridTimestamp HlcOf(ReadOnlySpan<byte> leaf) => new(BinaryPrimitives.ReadUInt64BigEndian(leaf[HlcAt..]));

    /// <summary>Writes the leaf.</summary>
    /// <param name="leaf">At least <see cref="Length"/> bytes.</param>
    public void Write(Span<byte> leaf)
    {
        Id.Value.CopyTo(leaf);
        BinaryPrimitives.WriteUInt64BigEndian(leaf[HlcAt..], Hlc.Value);
        leaf[ClassAt] = (byte)Class;
        BinaryPrimitives.WriteUInt32BigEndian(leaf[SizeAt..], Size);
    }

    /// <summary>The order in which a segment has its messages: by timestamp, then by id.</summary>
    public static int Compare(HybridTimestamp hlc, MessageId id, HybridTimestamp otherHlc, MessageId otherId)
    {
        var order = hlc.CompareTo(otherHlc);
        return order != 0 ? order : id.Value.CompareTo(otherId.Value);
    }
}
