using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Testing.Messages;

namespace DChat.Simulation.Tests.Relays;

/// <summary>Leads the machine of one shard over the log, as the grain does: one append at a time, and answers by ticket.</summary>
internal sealed class SimulatedShard(IShardLogWriter writer, ShardIndex index, SimulatedSyncs syncs)
{
    private readonly SyncShardMachine _machine = new(new ShardView(index, NothingSealed.Instance));
    private readonly List<Waiting> _waiting = [];
    private bool _isAppending;

    /// <summary>Takes what has become durable, in order of sequence.</summary>
    public required Action<IReadOnlyList<MessageRun>> Publish { get; init; }

    /// <summary>Hears that the log can be written no more.</summary>
    public required Action Failed { get; init; }

    /// <summary>Offers messages; the answer comes at once, or when the last append that decides it has settled.</summary>
    public void Offer(EnvelopeBatch envelopes, Door door, Action<OfferResult[]> answer)
    {
        var request = Appends.Of(envelopes, door);
        IndexEntry[] entries = [.. Enumerable.Range(0, envelopes.Count).Select(request.EntryAt)];
        var waiting = new Waiting(_machine.Offer(entries, envelopes, door, traceParent: null, ShardFloors.None), answer);
        if (!waiting.TryAnswer())
        {
            _waiting.Add(waiting);
        }

        AppendPending();
    }

    private void AppendPending()
    {
        if (!_isAppending && _machine.TryBegin(out var append))
        {
            _isAppending = true;
            syncs.Submit(writer.AppendAsync(append), Complete);
        }
    }

    private void Complete(AppendResult result)
    {
        _isAppending = false;
        var effects = _machine.Complete(result);
        Assert.False(effects.StepDown);
        _waiting.ForEach(waiting => waiting.Add(effects.Settled));
        _waiting.RemoveAll(waiting => waiting.TryAnswer());
        Publish(effects.Runs);
        if (result.Outcome == AppendOutcome.Failed)
        {
            Failed();
        }
        else
        {
            AppendPending();
        }
    }

    private sealed class Waiting(ShardOffer offer, Action<OfferResult[]> answer)
    {
        private readonly List<SettledAppend> _settled = [];

        public void Add(IEnumerable<SettledAppend> settled) => _settled.AddRange(settled.Where(append => offer.Tickets.Contains(append.Ticket)));

        public bool TryAnswer()
        {
            if (_settled.Count < offer.Tickets.Count)
            {
                return false;
            }

            answer(offer.Results(_settled));
            return true;
        }
    }
}
