using DChat.Core.Envelopes;
using DChat.Core.Shards;

namespace DChat.Abstractions.Messages;

/// <summary>What became of one message.</summary>
[GenerateSerializer, Immutable, Alias("dchat.PublishResult")]
public readonly struct PublishResult : IEquatable<PublishResult>
{
    /// <summary>Not rejected: durable under the sequences.</summary>
    public PublishResult(ulong sequence, ulong topicSequence, bool isDuplicate)
    {
        Sequence = sequence;
        TopicSequence = topicSequence;
        IsDuplicate = isDuplicate;
    }

    /// <summary>Rejected.</summary>
    public PublishResult(RejectionCode rejection)
    {
        Rejection = rejection;
        RetryAfterMilliseconds = rejection.RetryAfterMilliseconds();
    }

    /// <summary>What a shard decided, as it travels.</summary>
    public static PublishResult From(OfferResult result) => result.Rejection != RejectionCode.None
        ? new PublishResult(result.Rejection)
        : new PublishResult(result.Sequence, result.TopicSequence, result.IsDuplicate);

    /// <summary>Why it was not kept; <see cref="RejectionCode.None"/> when it is durable.</summary>
    [Id(0)]
    public RejectionCode Rejection { get; }

    /// <summary>Its dense sequence in the shard, from 1; 0 when rejected.</summary>
    [Id(1)]
    public ulong Sequence { get; }

    /// <summary>Its dense sequence in the topic, from 1; 0 when rejected.</summary>
    [Id(2)]
    public ulong TopicSequence { get; }

    /// <summary>Whether the relay had it before; the sequences are those of the first copy.</summary>
    [Id(3)]
    public bool IsDuplicate { get; }

    /// <summary>How long to wait at least before sending it again, in milliseconds; 0 when it is accepted or will never be.</summary>
    [Id(4)]
    public int RetryAfterMilliseconds { get; }

    /// <summary>Whether the message is durable, now or already before.</summary>
    public bool IsAccepted => Rejection == RejectionCode.None;

    /// <inheritdoc/>
    public bool Equals(PublishResult other) => Rejection == other.Rejection && Sequence == other.Sequence
        && TopicSequence == other.TopicSequence && IsDuplicate == other.IsDuplicate
        && RetryAfterMilliseconds == other.RetryAfterMilliseconds;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is PublishResult other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Rejection, Sequence, TopicSequence, IsDuplicate, RetryAfterMilliseconds);

    /// <summary>Compares all parts.</summary>
    public static bool operator ==(PublishResult left, PublishResult right) => left.Equals(right);

    /// <summary>Compares all parts.</summary>
    public static bool operator !=(PublishResult left, PublishResult right) => !left.Equals(right);
}
