using DChat.Core.Envelopes;
using DChat.Core.Shards;

namespace DChat.Core.Admission;

/// <summary>Whether an envelope is admitted.</summary>
public readonly record struct AdmissionResult
{
    private AdmissionResult(RejectionCode rejection, in IndexEntry entry, bool wasSeen)
    {
        Rejection = rejection;
        Entry = entry;
        WasSeen = wasSeen;
    }

    /// <summary>Why it is not admitted; <see cref="RejectionCode.None"/> when it is.</summary>
    public RejectionCode Rejection { get; }

    /// <summary>What the index needs of the message; default unless <see cref="IsAdmitted"/>.</summary>
    public IndexEntry Entry { get; }

    /// <summary>The message; default unless <see cref="IsAdmitted"/>.</summary>
    public MessageId MessageId => Entry.Id;

    /// <summary>
    /// Whether the same bytes were admitted before, so that the signature was not checked again. Says nothing of whether
    /// they are durable: the shard must still be asked.
    /// </summary>
    public bool WasSeen { get; }

    /// <summary>Whether the message may go on to its shard.</summary>
    public bool IsAdmitted => Rejection == RejectionCode.None;

    internal static AdmissionResult Rejected(RejectionCode rejection) => new(rejection, default, wasSeen: false);

    internal static AdmissionResult Admitted(in IndexEntry entry, bool wasSeen) => new(RejectionCode.None, entry, wasSeen);
}
