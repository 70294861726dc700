using DChat.Core.Envelopes;
using DChat.Core.Topics;

namespace DChat.Core.Shards;

/// <summary>
/// Decides what becomes of messages offered to a shard: duplicates are found among the durable and the pending, the
/// others gather into appends of which one is in flight at a time. Sequences are given only when an append begins, so a
/// failed append leaves no hole. Takes input and returns data: no I/O, no clock, no tasks; one thread at a time.
/// </summary>
/// <remarks>
/// The owner calls <see cref="Ask"/> until what it returns is done, then <see cref="Offer"/>, then, whenever <see cref="TryBegin"/> yields an append, writes it to the log and
/// reports the outcome to <see cref="Complete"/>, which names the appends that have settled. Whoever waits is the owner's.
/// </remarks>
public sealed class SyncShardMachine(ShardView view)
{
    private readonly Dictionary<MessageId, (ulong Ticket, int Place)> _pending = [];
    private readonly Queue<AppendTicket> _open = [];
    private AppendTicket? _filling;
    private AppendTicket? _inFlight;
    private ulong _lastTicket;
    private long _pendingBytes;

    /// <summary>The messages of the shard.</summary>
    public ShardView View { get; private set; } = view;

    /// <summary>Messages that wait for a commit.</summary>
    public int PendingMessages => _pending.Count;

    /// <summary>Whether the shard has lost its log to a later writer: everything is rejected from then on.</summary>
    public bool IsFenced { get; private set; }

    /// <summary>What must be known of the sealed messages before an offer.</summary>
    /// <param name="entries">Those of the offer.</param>
    /// <param name="before">What this returned before, and has been looked up since; null at first.</param>
    /// <returns>To be looked up and handed back here, unless it is done.</returns>
    public SealedLookup Ask(IReadOnlyList<IndexEntry> entries, SealedLookup? before = null)
    {
        ArgumentNullException.ThrowIfNull(entries);
        if (before is { IsDone: true } && before.Sealed == View.Sealed)
        {
            return before;
        }

        List<IndexEntry> toFind = [];
        HashSet<TopicTag> topics = [];
        foreach (var entry in View.Sealed.KnowsTopics ? entries : [])
        {
            // One that waits is looked up all the same: its append may fail before the offer.
            if (View.Open.TryFind(entry.Id, out _))
            {
                continue;
            }

            if (View.Sealed.MayHold(entry))
            {
                toFind.Add(entry);
            }

            // An older message of the topic may be open though newer ones are sealed; and a topic may be known of which nothing is left.
            View.Open.TopicHead(entry.Topic, out var newest);
            if (newest <= View.Sealed.LastSequence)
            {
                topics.Add(entry.Topic);
            }
        }

        return new SealedLookup(View.Sealed, toFind, topics);
    }

    /// <summary>Offers a batch.</summary>
    /// <param name="entries">What the index needs of each envelope, in order.</param>
    /// <param name="envelopes">The envelopes; not copied, so they must not change.</param>
    /// <param name="door">By which door they came in.</param>
    /// <param name="traceParent">Handed back with the run, unread.</param>
    /// <param name="floors">What the network has pruned; nothing below is kept, by whatever door it comes.</param>
    /// <param name="lookup">What <see cref="Ask"/> returned for the same entries, done; nothing may have been sealed since. Null when memory tells all.</param>
    /// <exception cref="ArgumentException">The entries do not match the envelopes, or the lookup is not done or out of date.</exception>
    public ShardOffer Offer(
        IReadOnlyList<IndexEntry> entries, EnvelopeBatch envelopes, Door door, string? traceParent, ShardFloors floors, SealedLookup? lookup = null)
    {
        ArgumentNullException.ThrowIfNull(entries);
        ArgumentNullException.ThrowIfNull(envelopes);
        ArgumentNullException.ThrowIfNull(floors);
        if (entries.Count != envelopes.Count)
        {
            throw new ArgumentException($"{entries.Count} entries for {envelopes.Count} envelopes.", nameof(entries));
        }

        lookup ??= Ask(entries);
        if (!lookup.IsDone || lookup.Sealed != View.Sealed)
        {
            throw new ArgumentException("The lookup is not done, or messages have been sealed since.", nameof(lookup));
        }

        var offer = new ShardOffer(entries.Count);
        var run = new RunBuilder(envelopes, door, traceParent);
        for (var i = 0; i < entries.Count; i++)
        {
            var entry = entries[i];
            if (IsFenced)
            {
                offer.Set(i, OfferResult.Rejected(RejectionCode.ShardMoving));
            }
            else if (View.Open.TryFind(entry.Id, out var durable))
            {
                offer.Set(i, OfferResult.Accepted(durable.Sequence, durable.TopicSequence, isDuplicate: true));
            }
            else if (lookup.TryFind(entry.Id, out var found))
            {
                offer.Set(i, OfferResult.Accepted(found.Sequence, found.TopicSequence, isDuplicate: true));
            }
            else if (_pending.TryGetValue(entry.Id, out var first))
            {
                offer.Set(i, first.Ticket, first.Place, isDuplicate: true);
            }
            else if (lookup.IsUnknown(entry))
            {
                offer.Set(i, OfferResult.Rejected(RejectionCode.StorageFailed));
            }
            else if (floors.IsBelow(entry))
            {
                offer.Set(i, OfferResult.Rejected(RejectionCode.BelowFloor));
            }
            else if (WantOfRoom(entry.Length) is { } full)
            {
                offer.Set(i, OfferResult.Rejected(full));
            }
            else
            {
                var append = AppendFor(entry.Length, ref run);
                var place = append.Add(entry, lookup.TopicHead(entry.Topic));
                run.Take(i);
                _pending.Add(entry.Id, (append.Number, place));
                _pendingBytes += entry.Length;
                offer.Set(i, append.Number, place, isDuplicate: false);
            }
        }

        run.Flush(_filling);
        return offer;
    }

    /// <summary>Begins the next append, unless one is in flight or nothing waits.</summary>
    public bool TryBegin(out ShardAppend append)
    {
        if (_inFlight is not null || !_open.TryDequeue(out _inFlight))
        {
            append = null!;
            return false;
        }

        if (_inFlight == _filling)
        {
            _filling = null;
        }

        append = _inFlight.Begin(View.Open);
        return true;
    }

    /// <summary>Takes the outcome of the append in flight.</summary>
    /// <returns>What has settled by it, and what is to be done.</returns>
    /// <exception cref="InvalidOperationException">No append is in flight.</exception>
    /// <exception cref="ArgumentException">The append is durable, and the log has not said where each of its messages is.</exception>
    public ShardEffects Complete(in AppendResult result)
    {
        var append = _inFlight ?? throw new InvalidOperationException("No append is in flight.");
        if (result.Outcome == AppendOutcome.Durable && result.Locations.Length != append.Entries.Count)
        {
            throw new ArgumentException($"{result.Locations.Length} locations for {append.Entries.Count} messages.", nameof(result));
        }

        _inFlight = null;
        Forget(append);
        switch (result.Outcome)
        {
            case AppendOutcome.Durable:
                AddToIndex(append, result.Locations.Span);
                return new ShardEffects([new SettledAppend(append.Number, append.FirstSequence, View.Open.Snapshot())], append.Runs, StepDown: false);
            case AppendOutcome.Fenced or AppendOutcome.OutOfSequence:
                // Somebody else writes this shard now. What waits must go to them, so the senders are told to try again.
                IsFenced = true;
                return new ShardEffects(RejectAll(append), [], StepDown: true);
            default:
                return new ShardEffects([new SettledAppend(append.Number, RejectionOf(result.Outcome))], [], StepDown: false);
        }
    }

    /// <summary>Takes messages out of the open set that have been sealed.</summary>
    /// <param name="rest">The open set without them, as it was when it had the head of <paramref name="rest"/>.</param>
    /// <param name="sealedMessages">What is sealed now.</param>
    public void Seal(ShardIndex rest, ISealedMessages sealedMessages)
    {
        ArgumentNullException.ThrowIfNull(rest);
        ArgumentNullException.ThrowIfNull(sealedMessages);
        foreach (var message in View.Open.Snapshot().After(rest.Head, int.MaxValue))
        {
            rest.Append(message.Entry, message.Location, (uint)message.TopicSequence);
        }

        // What waits was offered when these messages told how far their topics had come.
        foreach (var ticket in _open)
        {
            ticket.NoteHeads(View.Open);
        }

        View = new ShardView(rest, sealedMessages);
    }

    // What waits may all become durable, and then the index must take it.
    private RejectionCode? WantOfRoom(int length) =>
        View.Open.Head + (ulong)_pending.Count >= ShardIndex.MaxCount ? RejectionCode.StorageFull
        : _pending.Count >= SyncShardLimits.MaxPendingMessages || _pendingBytes + length > SyncShardLimits.MaxPendingBytes ? RejectionCode.Overloaded
        : null;

    private void AddToIndex(AppendTicket append, ReadOnlySpan<ulong> locations)
    {
        for (var i = 0; i < locations.Length; i++)
        {
            View.Open.Append(append.Entries[i], locations[i], append.TopicSequences[i]);
        }
    }

    private static RejectionCode RejectionOf(AppendOutcome outcome) => outcome switch
    {
        AppendOutcome.Full => RejectionCode.StorageFull,
        AppendOutcome.Busy => RejectionCode.Overloaded,
        _ => RejectionCode.StorageFailed,
    };

    private List<SettledAppend> RejectAll(AppendTicket first)
    {
        var settled = new List<SettledAppend> { new(first.Number, RejectionCode.ShardMoving) };
        _filling = null;
        while (_open.TryDequeue(out var waiting))
        {
            Forget(waiting);
            settled.Add(new SettledAppend(waiting.Number, RejectionCode.ShardMoving));
        }

        return settled;
    }

    private void Forget(AppendTicket append)
    {
        foreach (var entry in append.Entries)
        {
            _pending.Remove(entry.Id);
        }

        _pendingBytes -= append.Bytes;
    }

    private AppendTicket AppendFor(int length, ref RunBuilder run)
    {
        if (_filling is { } filling
            && filling.Entries.Count < SyncShardLimits.MaxAppendMessages
            && filling.Bytes + length <= SyncShardLimits.MaxAppendBytes)
        {
            return filling;
        }

        run.Flush(_filling);
        _filling = new AppendTicket(++_lastTicket);
        _open.Enqueue(_filling);
        return _filling;
    }

    /// <summary>Collects the accepted envelopes of one offer; reuses the offered batch when all of it is accepted.</summary>
    private struct RunBuilder(EnvelopeBatch envelopes, Door door, string? traceParent)
    {
        private List<int>? _taken;

        public void Take(int at) => (_taken ??= new List<int>(envelopes.Count)).Add(at);

        public void Flush(AppendTicket? append)
        {
            if (_taken is not { Count: > 0 } || append is null)
            {
                return;
            }

            append.Add(new MessageRun(0, envelopes.Select(_taken), door, traceParent));
            _taken.Clear();
        }
    }
}
