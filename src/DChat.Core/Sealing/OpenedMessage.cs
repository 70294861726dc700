using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Keys;

namespace DChat.Core.Sealing;

/// <summary>A message as a member of the topic reads it. Authentic, but maybe a replay: ask a <see cref="ReplayWindow"/>.</summary>
public sealed class OpenedMessage
{
    /// <summary>Names the message everywhere.</summary>
    public required MessageId MessageId { get; init; }

    /// <summary>The device that wrote it, proven by its certificate.</summary>
    public required DeviceKey DeviceKey { get; init; }

    /// <summary>The pseudonym that relays see.</summary>
    public required AuthorKey AuthorKey { get; init; }

    /// <summary>The generation of the author key.</summary>
    public required uint KeyGeneration { get; init; }

    /// <summary>The author's count of messages under this key, from 1.</summary>
    public required ulong Sequence { get; init; }

    /// <summary>When the author sealed it; orders messages, ties broken by <see cref="MessageId"/>.</summary>
    public required HybridTimestamp Hlc { get; init; }

    /// <summary>How long relays keep it.</summary>
    public required RetentionClass Class { get; init; }

    /// <summary>When the user wrote it, by the device's clock, to the millisecond.</summary>
    public required DateTimeOffset ComposedAt { get; init; }

    /// <summary>What the user wrote.</summary>
    public required ReadOnlyMemory<byte> Content { get; init; }
}
