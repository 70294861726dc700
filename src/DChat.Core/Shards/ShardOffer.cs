namespace DChat.Core.Shards;

/// <summary>What a shard has decided of one batch of offered messages, and which appends decide the rest.</summary>
public sealed class ShardOffer
{
    private readonly Slot[] _slots;
    private readonly List<ulong> _tickets = [];

    internal ShardOffer(int count) => _slots = new Slot[count];

    /// <summary>The tickets of the appends that hold messages of the offer, each once; none when everything is decided.</summary>
    public IReadOnlyList<ulong> Tickets => _tickets;

    /// <summary>One result for each offered message, in order.</summary>
    /// <param name="settled">At least the appends of <see cref="Tickets"/>.</param>
    /// <exception cref="ArgumentException">An append of the offer is missing.</exception>
    public OfferResult[] Results(IReadOnlyCollection<SettledAppend> settled)
    {
        ArgumentNullException.ThrowIfNull(settled);
        var results = new OfferResult[_slots.Length];
        SettledAppend? append = null;
        for (var i = 0; i < results.Length; i++)
        {
            var slot = _slots[i];
            if (slot.Ticket == 0)
            {
                results[i] = slot.Known;
                continue;
            }

            // Messages side by side are mostly in the same append, so the search is skipped for them.
            append = append?.Ticket == slot.Ticket
                ? append
                : settled.FirstOrDefault(each => each.Ticket == slot.Ticket)
                    ?? throw new ArgumentException($"Append {slot.Ticket} is missing.", nameof(settled));
            results[i] = append.ResultOf(slot.Place, slot.IsDuplicate);
        }

        return results;
    }

    internal void Set(int at, OfferResult known) => _slots[at] = new Slot(0, 0, false, known);

    internal void Set(int at, ulong ticket, int place, bool isDuplicate)
    {
        _slots[at] = new Slot(ticket, place, isDuplicate, default);
        if (!_tickets.Contains(ticket))
        {
            _tickets.Add(ticket);
        }
    }

    private readonly record struct Slot(ulong Ticket, int Place, bool IsDuplicate, OfferResult Known);
}
