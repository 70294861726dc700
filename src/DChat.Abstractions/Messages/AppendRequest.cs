using System.Buffers.Binary;
using DChat.Core;
using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Core.Topics;

namespace DChat.Abstractions.Messages;

/// <summary>
/// Admitted envelopes on their way into a shard, with what the shard must know of each. Only admission makes these: the
/// shard neither verifies nor reads them again.
/// </summary>
[GenerateSerializer, Immutable, Alias("dchat.AppendRequest")]
public sealed class AppendRequest
{
    /// <summary>Bytes of one packed entry: MessageId, topic tag, timestamp (little-endian), retention class.</summary>
    public const int EntryLength = MessageId.Length + TopicTag.Length + sizeof(ulong) + 1;

    private const int HlcOffset = MessageId.Length + TopicTag.Length;

    /// <summary>Packs a request.</summary>
    /// <param name="envelopes">At most <see cref="EnvelopeBatch.MaxCount"/> envelopes and <see cref="EnvelopeBatch.MaxBytes"/> bytes.</param>
    /// <param name="entries">The entry of each envelope, in order.</param>
    /// <param name="door">By which door the batch came in.</param>
    /// <exception cref="ArgumentException">There is not one entry for each envelope.</exception>
    public AppendRequest(EnvelopeBatch envelopes, IReadOnlyList<IndexEntry> entries, Door door)
    {
        ArgumentNullException.ThrowIfNull(envelopes);
        ArgumentNullException.ThrowIfNull(entries);
        if (entries.Count != envelopes.Count)
        {
            throw new ArgumentException($"{entries.Count} entries for {envelopes.Count} envelopes.", nameof(entries));
        }

        Envelopes = envelopes;
        Door = door;
        Entries = new byte[entries.Count * EntryLength];
        for (var i = 0; i < entries.Count; i++)
        {
            var packed = Entries.AsSpan(i * EntryLength, EntryLength);
            entries[i].Id.Value.CopyTo(packed);
            entries[i].Topic.CopyTo(packed[MessageId.Length..]);
            BinaryPrimitives.WriteUInt64LittleEndian(packed[HlcOffset..], entries[i].Hlc.Value);
            packed[^1] = (byte)entries[i].Class;
        }
    }

    /// <summary>At most <see cref="EnvelopeBatch.MaxCount"/> envelopes and <see cref="EnvelopeBatch.MaxBytes"/> bytes.</summary>
    [Id(0)]
    public EnvelopeBatch Envelopes { get; }

    /// <summary>The entries back to back, <see cref="EntryLength"/> bytes each.</summary>
    [Id(1)]
    public byte[] Entries { get; }

    /// <summary>By which door the batch came in.</summary>
    [Id(2)]
    public Door Door { get; }

    /// <summary>The entry of one envelope, as it was packed.</summary>
    public IndexEntry EntryAt(int index)
    {
        var packed = Entries.AsSpan(index * EntryLength, EntryLength);
        return new IndexEntry(
            new MessageId(new Bytes32(packed[..MessageId.Length])),
            new TopicTag(packed[MessageId.Length..HlcOffset]),
            new HybridTimestamp(BinaryPrimitives.ReadUInt64LittleEndian(packed[HlcOffset..])),
            (RetentionClass)packed[^1],
            Envelopes.Lengths[index],
            Door);
    }
}
