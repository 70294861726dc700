using DChat.Core.Envelopes;

namespace DChat.Core.Shards;

/// <summary>What became of one append, told to everybody who offered a message of it, first or again.</summary>
public sealed class SettledAppend
{
    private readonly ShardSnapshot? _snapshot;
    private readonly ulong _firstSequence;

    internal SettledAppend(ulong ticket, RejectionCode rejection)
    {
        Ticket = ticket;
        Rejection = rejection;
    }

    internal SettledAppend(ulong ticket, ulong firstSequence, ShardSnapshot snapshot)
    {
        Ticket = ticket;
        _firstSequence = firstSequence;
        _snapshot = snapshot;
    }

    /// <summary>The append's ticket, see <see cref="ShardOffer.Tickets"/>.</summary>
    public ulong Ticket { get; }

    /// <summary>Why nothing of it is kept; <see cref="RejectionCode.None"/> when all of it is durable.</summary>
    public RejectionCode Rejection { get; }

    internal OfferResult ResultOf(int place, bool isDuplicate)
    {
        if (_snapshot is null)
        {
            return OfferResult.Rejected(Rejection);
        }

        var message = _snapshot[_firstSequence + (ulong)place];
        return OfferResult.Accepted(message.Sequence, message.TopicSequence, isDuplicate);
    }
}
