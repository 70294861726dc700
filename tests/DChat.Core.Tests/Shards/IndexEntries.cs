using System.Buffers.Binary;
using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Core.Topics;

namespace DChat.Core.Tests.Shards;

/// <summary>Builds index entries whose fields all follow from a number and a topic.</summary>
internal static class IndexEntries
{
    public static IndexEntry Create(ulong number, ulong topic) => new(
        Id(number),
        Topic(topic),
        new HybridTimestamp(number * 3),
        (RetentionClass)((number % 5) + 1),
        (int)(number % EnvelopeLimits.MaxBytes) + 1,
        (Door)((number % 3) + 1));

    // Shaped, not hashed: what the salted hash must spread.
    public static MessageId Id(ulong number)
    {
        Span<byte> bytes = stackalloc byte[MessageId.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[24..], number);
        return new MessageId(new Bytes32(bytes));
    }

    public static TopicTag Topic(ulong number)
    {
        Span<byte> bytes = stackalloc byte[TopicTag.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, number);
        return new TopicTag(bytes);
    }
}
