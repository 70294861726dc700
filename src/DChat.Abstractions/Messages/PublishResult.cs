using DChat.Core.Admission;
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
    /// <param name="rejection">Why.</param>
    /// <param name="retryAfter">When the same message may be accepted, if more is known than the rejection tells.</param>
    public PublishResult(RejectionCode rejection, TimeSpan retryAfter = default)
    {
        Rejection = rejection;
        RetryAfter = retryAfter > TimeSpan.Zero ? retryAfter : TimeSpan.FromMilliseconds(rejection.RetryAfterMilliseconds());
    }

    /// <summary>What admission decided against a message.</summary>
    /// <exception cref="ArgumentException">It decided nothing, or for the message.</exception>
    public static PublishResult From(in AdmissionResult result) => result.Rejection != RejectionCode.None
        ? new PublishResult(result.Rejection, result.RetryAfter)
        : throw new ArgumentException("The message is not refused.", nameof(result));

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

    /// <summary>How long to wait before sending the same message again; zero when it is accepted or will never be.</summary>
    [Id(4)]
    public TimeSpan RetryAfter { get; }

    /// <summary>Whether the message is durable, now or already before.</summary>
    public bool IsAccepted => Rejection == RejectionCode.None;

    /// <inheritdoc/>
    public bool Equals(PublishResult other) => Rejection == other.Rejection && Sequence == other.Sequence
        && TopicSequence == other.TopicSequence && IsDuplicate == other.IsDuplicate && RetryAfter == other.RetryAfter;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is PublishResult other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Rejection, Sequence, TopicSequence, IsDuplicate, RetryAfter);

    /// <summary>Compares all parts.</summary>
    public static bool operator ==(PublishResult left, PublishResult right) => left.Equals(right);

    /// <summary>Compares all parts.</summary>
    public static bool operator !=(PublishResult left, PublishResult right) => !left.Equals(right);
}
