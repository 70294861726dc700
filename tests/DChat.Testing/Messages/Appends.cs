using DChat.Abstractions.Messages;
using DChat.Core.Envelopes;
using DChat.Core.Shards;

namespace DChat.Testing.Messages;

/// <summary>What admission makes of envelopes that it admits, for tests that begin behind it.</summary>
public static class Appends
{
    public static AppendRequest Of(EnvelopeBatch envelopes, Door door) =>
        new(envelopes, [.. envelopes.Envelopes.Select(envelope => EntryOf(envelope.Span, door))], door);

    private static IndexEntry EntryOf(ReadOnlySpan<byte> envelope, Door door) => Envelope.TryRead(envelope, out var view) == RejectionCode.None
        ? new IndexEntry(MessageId.Compute(envelope), view.TopicTag, view.Hlc, view.Class, envelope.Length, door)
        : throw new ArgumentException("Not an envelope.", nameof(envelope));
}
