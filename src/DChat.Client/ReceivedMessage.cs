using System.Diagnostics;
using System.Text;
using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Identity;
using DChat.Core.Keys;
using DChat.Core.Sealing;
using DChat.Core.Shards;
using DChat.Core.Topics;

namespace DChat.Client;

/// <summary>A message as a member of the topic reads it: verified and opened, with its place in the log.</summary>
public sealed class ReceivedMessage
{
    private readonly OpenedMessage _opened;

    internal ReceivedMessage(
        Topic topic,
        OpenedMessage opened,
        LogPosition position,
        ulong? topicSequence,
        ReplayVerdict verdict,
        EquivocationReport? equivocation,
        MessageStanding standing,
        IdentityId? identity,
        ActivityContext traceContext)
    {
        _opened = opened;
        Topic = topic;
        Position = position;
        TopicSequence = topicSequence;
        Verdict = verdict;
        Equivocation = equivocation;
        Standing = standing;
        Identity = identity;
        TraceContext = traceContext;
    }

    /// <summary>The topic it came through; <see cref="Topic.IsPublic"/> tells whether anyone can have written it.</summary>
    public Topic Topic { get; }

    /// <summary>The message.</summary>
    public MessageId MessageId => _opened.MessageId;

    /// <summary>The device that wrote it, proven by its certificate.</summary>
    public DeviceKey Device => _opened.DeviceKey;

    /// <summary>The pseudonym that relays see.</summary>
    public AuthorKey Author => _opened.AuthorKey;

    /// <summary>The author's count of messages, from 1; may skip numbers.</summary>
    public ulong AuthorSequence => _opened.Sequence;

    /// <summary>The generation of the topic's keys it was sealed with.</summary>
    public uint KeyGeneration => _opened.KeyGeneration;

    /// <summary>When the device sealed it; orders messages, ties broken by <see cref="MessageId"/>.</summary>
    public HybridTimestamp Hlc => _opened.Hlc;

    /// <summary>When the user wrote it, by the device's clock.</summary>
    public DateTimeOffset ComposedAt => _opened.ComposedAt;

    /// <summary>How long relays keep it.</summary>
    public RetentionClass Retention => _opened.Class;

    /// <summary>What the user wrote.</summary>
    public ReadOnlyMemory<byte> Content => _opened.Content;

    /// <summary>Its place in the shard's log: the cursor to go on after it.</summary>
    public LogPosition Position { get; }

    /// <summary>Its dense sequence in the topic, from 1; null when it came live, since streams do not carry it.</summary>
    public ulong? TopicSequence { get; }

    /// <summary>
    /// What the author's sequence says: <see cref="ReplayVerdict.Fresh"/>, <see cref="ReplayVerdict.Equivocation"/>, or
    /// <see cref="ReplayVerdict.TooOld"/> when it is too far behind to tell. Repeats are not delivered at all.
    /// </summary>
    public ReplayVerdict Verdict { get; }

    /// <summary>Proof that the author signed another message under the same sequence; null unless <see cref="Verdict"/> says so.</summary>
    public EquivocationReport? Equivocation { get; }

    /// <summary>
    /// What is known of its device: whether it is one of an identity that this device belongs to or follows
    /// (<see cref="IDChatDevices.FollowAsync"/>), or was revoked before it wrote this. A message of a revoked device is delivered, and it is not to be trusted.
    /// </summary>
    public MessageStanding Standing { get; }

    /// <summary>The identity whose log says so; null when none does.</summary>
    public IdentityId? Identity { get; }

    /// <summary>The span that delivered it, to continue the sender's trace; default when it is not sampled.</summary>
    public ActivityContext TraceContext { get; }

    /// <summary>The content as UTF-8; what is not becomes U+FFFD. Untrusted: it may hold control characters.</summary>
    public string GetText() => Encoding.UTF8.GetString(Content.Span);
}
