using DChat.Core.Envelopes;
using DChat.Core.Keys;
using DChat.Core.Shards;

namespace DChat.Core.Admission;

/// <summary>
/// The verdict on an envelope: admitted, refused, or deferred until there is room for it. The default value is no verdict,
/// and admits nothing.
/// </summary>
public readonly record struct AdmissionResult
{
    private AdmissionResult(RejectionCode rejection, TimeSpan retryAfter)
    {
        ArgumentOutOfRangeException.ThrowIfEqual((int)rejection, (int)RejectionCode.None, nameof(rejection));
        Rejection = rejection;
        RetryAfter = retryAfter;
    }

    private AdmissionResult(in IndexEntry entry, AuthorKey author, bool wasSeen, in TopicTaken taken)
    {
        IsAdmitted = true;
        Entry = entry;
        Author = author;
        WasSeen = wasSeen;
        Taken = taken;
    }

    /// <summary>Why it is not admitted; <see cref="RejectionCode.None"/> when it is, and when nobody has judged it.</summary>
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
    public bool IsAdmitted { get; }

    /// <summary>Whether there is a verdict. A result without one is a fault of the relay, not of the message.</summary>
    public bool IsJudged => IsAdmitted || Rejection != RejectionCode.None;

    /// <summary>Whether only room is missing, which there will be after <see cref="RetryAfter"/>.</summary>
    public bool IsDeferred => RetryAfter > TimeSpan.Zero;

    /// <summary>Whether its source has too little left, so that nothing else of it would be looked at now either.</summary>
    public bool IsSourceSpent { get; private init; }

    /// <summary>Not admitted.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no reason.</exception>
    public static AdmissionResult Rejected(RejectionCode rejection) => new(rejection, TimeSpan.Zero);

    /// <summary>Not admitted before some time has passed.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no reason.</exception>
    public static AdmissionResult Deferred(RejectionCode rejection, TimeSpan retryAfter) => new(rejection, retryAfter);

    /// <summary>Not even looked at before some time has passed.</summary>
    public static AdmissionResult SourceSpent(RejectionCode rejection, TimeSpan retryAfter) =>
        Deferred(rejection, retryAfter) with { IsSourceSpent = true };

    internal static AdmissionResult Admitted(in IndexEntry entry, AuthorKey author, bool wasSeen, in TopicTaken taken) =>
        new(entry, author, wasSeen, taken);
}
