namespace DChat.Core.Shards;

/// <summary>One batch of offered messages, from the offer until every one of them is durable or rejected.</summary>
public sealed class ShardOffer
{
    private readonly Slot[] _slots;

    internal ShardOffer(int count) => _slots = new Slot[count];

    /// <summary>Completes when every message is durable or rejected; at once when none has to wait. Never faults.</summary>
    public Task Settled
    {
        get
        {
            // Messages of one offer stand in order in at most a few appends; waiting for each distinct one is enough.
            List<Task>? waits = null;
            PendingAppend? last = null;
            foreach (var slot in _slots)
            {
                if (slot.Append is { } append && append != last)
                {
                    (waits ??= []).Add(append.Settled);
                    last = append;
                }
            }

            return waits switch
            {
                null => Task.CompletedTask,
                [var only] => only,
                _ => Task.WhenAll(waits),
            };
        }
    }

    /// <summary>One result for each offered message, in order.</summary>
    /// <exception cref="InvalidOperationException"><see cref="Settled"/> has not completed.</exception>
    public OfferResult[] Results()
    {
        var results = new OfferResult[_slots.Length];
        for (var i = 0; i < results.Length; i++)
        {
            results[i] = _slots[i].Append is { } append ? append.ResultOf(_slots[i].Index, _slots[i].IsDuplicate) : _slots[i].Known;
        }

        return results;
    }

    internal void Set(int at, OfferResult known) => _slots[at] = new Slot(null, 0, false, known);

    internal void Set(int at, PendingAppend append, int index, bool isDuplicate) => _slots[at] = new Slot(append, index, isDuplicate, default);

    private readonly record struct Slot(PendingAppend? Append, int Index, bool IsDuplicate, OfferResult Known);
}
