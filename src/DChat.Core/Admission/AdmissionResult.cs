using DChat.Core.Envelopes;
using DChat.Core.Keys;
using DChat.Core.Shards;

namespace DChat.Core.Admission;

/// <summary>The verdict on an envelope: admitted, refused, or deferred until there is room for it.</summary>
public readonly record struct AdmissionResult
{
    private AdmissionResult(RejectionCode rejection, TimeSpan retryAfter, in IndexEntry entry, AuthorKey author, bool wasSeen, in TopicTaken taken)
    {
        Rejection = rejection;
        RetryAfter = retryAfter;
        Entry = entry;
        Author = author;
        WasSeen = wasSeen;
        Taken = taken;
    }

    /// <summary>Why it is not admitted; <see cref="RejectionCode.None"/> when it is.</summary>
    public RejectionCode Rejection { get; }

    /// <summary>When the same envelope would find room if nobody else came meanwhile; zero unless <see cref="IsDeferred"/>.</summary>
    public TimeSpan RetryAfter { get; }

    /// <summary>What the index needs of the message; default unless <see cref="IsAdmitted"/>.</summary>
    public IndexEntry Entry { get; }

    /// <summary>Whose quota was charged; default unless <see cref="IsAdmitted"/>.</summary>
    public AuthorKey Author { get; }

    /// <summary>The message; default unless <see cref="IsAdmitted"/>.</summary>
    public MessageId MessageId => Entry.Id;

    /// <summary>
    /// Whether the same bytes were admitted before, so that the signature was not checked again. Says nothing of whether
    /// they are durable: the shard must still be asked.
    /// </summary>
    public bool WasSeen { get; }

    /// <summary>What it took of its topic, to be given back with a refund.</summary>
    internal TopicTaken Taken { get; }

    /// <summary>Whether the message may go on to its shard.</summary>
    public bool IsAdmitted => Rejection == RejectionCode.None;

    /// <summary>Whether only room is missing, which there will be after <see cref="RetryAfter"/>.</summary>
    public bool IsDeferred => RetryAfter > TimeSpan.Zero;

    /// <summary>Not admitted.</summary>
    public static AdmissionResult Rejected(RejectionCode rejection) => new(rejection, TimeSpan.Zero, default, default, wasSeen: false, default);

    /// <summary>Whether its source has nothing left, so that nothing else of it would be looked at now either.</summary>
    public bool IsSourceSpent { get; private init; }

    /// <summary>Not admitted before some time has passed.</summary>
    public static AdmissionResult Deferred(RejectionCode rejection, TimeSpan retryAfter) =>
        new(rejection, retryAfter, default, default, wasSeen: false, default);

    /// <summary>Not even looked at before some time has passed.</summary>
    public static AdmissionResult SourceSpent(RejectionCode rejection, TimeSpan retryAfter) =>
        Deferred(rejection, retryAfter) with { IsSourceSpent = true };

    internal static AdmissionResult Admitted(in IndexEntry entry, AuthorKey author, bool wasSeen, in TopicTaken taken) =>
        new(RejectionCode.None, TimeSpan.Zero, entry, author, wasSeen, taken);
}
