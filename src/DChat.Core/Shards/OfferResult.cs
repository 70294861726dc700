using DChat.Core.Envelopes;

namespace DChat.Core.Shards;

/// <summary>What became of one offered message.</summary>
public readonly record struct OfferResult
{
    /// <summary>Why it is not kept; <see cref="RejectionCode.None"/> when it is durable.</summary>
    public RejectionCode Rejection { get; private init; }

    /// <summary>Its sequence in the shard; 0 when rejected.</summary>
    public ulong Sequence { get; private init; }

    /// <summary>Its sequence in its topic; 0 when rejected.</summary>
    public ulong TopicSequence { get; private init; }

    /// <summary>Whether an earlier copy holds these sequences.</summary>
    public bool IsDuplicate { get; private init; }

    internal static OfferResult Accepted(ulong sequence, ulong topicSequence, bool isDuplicate) =>
        new() { Sequence = sequence, TopicSequence = topicSequence, IsDuplicate = isDuplicate };

    /// <summary>Not kept.</summary>
    public static OfferResult Rejected(RejectionCode rejection) => new() { Rejection = rejection };
}
