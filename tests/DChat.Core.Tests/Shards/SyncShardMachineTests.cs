using CsCheck;
using DChat.Core.Envelopes;
using DChat.Core.Shards;

namespace DChat.Core.Tests.Shards;

public sealed class SyncShardMachineTests
{
    private readonly ShardIndex _index = new(salt: 1);
    private readonly SyncShardMachine _machine;

    public SyncShardMachineTests() => _machine = new SyncShardMachine(new ShardView(_index, NothingSealed.Instance));

    [Fact]
    public void Pending_messages_stop_at_the_limit_and_one_beyond_is_overloaded()
    {
        for (var i = 0; i < SyncShardLimits.MaxPendingMessages; i++)
        {
            Assert.NotEmpty(Offer(i).Tickets);
        }

        var beyond = Offer(SyncShardLimits.MaxPendingMessages);

        Assert.Equal(RejectionCode.Overloaded, Assert.Single(beyond.Results([])).Rejection);
        CommitNext();
        Assert.NotEmpty(Offer(SyncShardLimits.MaxPendingMessages).Tickets);
    }

    [Fact]
    public void Pending_bytes_stop_at_the_limit_and_one_beyond_is_overloaded()
    {
        var each = EnvelopeLimits.MaxBytes;
        var fit = SyncShardLimits.MaxPendingBytes / each;
        for (var i = 0; i < fit; i++)
        {
            Assert.NotEmpty(OfferOfLength(i, each).Tickets);
        }

        var rest = SyncShardLimits.MaxPendingBytes - (fit * each);
        Assert.Equal(RejectionCode.Overloaded, Assert.Single(OfferOfLength(fit, rest + 1).Results([])).Rejection);
        Assert.NotEmpty(OfferOfLength(fit, rest).Tickets);
    }

    [Fact]
    public void A_shard_takes_as_many_messages_as_it_can_have_in_its_life_and_one_beyond_is_refused_before_the_log_has_it()
    {
        var index = new ShardIndex(salt: 1, after: ShardIndex.MaxCount - 2);
        var machine = new SyncShardMachine(new ShardView(index, NothingSealed.Instance));
        Assert.NotEmpty(Offer(0).Tickets);
        Assert.True(machine.TryBegin(out var first));
        Assert.NotEmpty(Offer(1).Tickets);

        Assert.Equal(RejectionCode.StorageFull, Assert.Single(Offer(2).Results([])).Rejection);
        machine.Complete(new AppendResult(AppendOutcome.Durable, new ulong[first.Entries.Count]));
        Assert.True(machine.TryBegin(out var last));
        Assert.Equal((ShardIndex.MaxCount, 1), (last.FirstSequence, last.Entries.Count));
        machine.Complete(new AppendResult(AppendOutcome.Durable, new ulong[1]));
        Assert.Equal(RejectionCode.StorageFull, Assert.Single(Offer(2).Results([])).Rejection);
        Assert.True(Assert.Single(Offer(1).Results([])).IsDuplicate);

        ShardOffer Offer(int id) => machine.Offer(
            [ShardTranscript.Entry(id, 10)], new EnvelopeBatch(new byte[10], [10]), Door.Push, null, ShardFloors.None);
    }

    [Fact]
    public void An_append_holds_no_more_than_its_limits()
    {
        for (var i = 0; i < SyncShardLimits.MaxAppendMessages + 1; i++)
        {
            Offer(i);
        }

        Assert.True(_machine.TryBegin(out var append));
        Assert.Equal(SyncShardLimits.MaxAppendMessages, append.Entries.Count);
        Commit(append);
        Assert.True(_machine.TryBegin(out append));
        Assert.Single(append.Entries);
        Assert.Equal((ulong)SyncShardLimits.MaxAppendMessages + 1, append.FirstSequence);
    }

    [Fact]
    public void Entries_that_do_not_match_the_envelopes_are_refused() =>
        Assert.Throws<ArgumentException>(() => _machine.Offer([], Batch([1]), Door.Push, null, ShardFloors.None));

    [Fact]
    public void Any_history_acknowledges_each_message_once_and_keeps_sequences_dense() =>
        Gen.Int[0, 40].Array[1, 6].Select(ids => (ids, outcome: 0))
            .Select(Gen.Int[0, 9], (offer, step) => (offer.ids, step))
            .List[1, 60]
            .Sample(history =>
            {
                var index = new ShardIndex(salt: 1);
                var machine = new SyncShardMachine(new ShardView(index, NothingSealed.Instance));
                var offers = new List<(int[] Ids, ShardOffer Offer)>();
                var durable = new Dictionary<int, ulong>();
                var settled = new List<SettledAppend>();
                ShardAppend? inFlight = null;
                foreach (var (ids, step) in history)
                {
                    offers.Add((ids, machine.Offer([.. ids.Select(id => ShardTranscript.Entry(id, TaggedLength(id)))], Batch(ids), Door.Push, null, ShardFloors.None)));
                    if (inFlight is null && machine.TryBegin(out var begun))
                    {
                        inFlight = begun;
                    }

                    if (inFlight is not null && step < 7)
                    {
                        var outcome = step < 5 ? AppendOutcome.Durable : AppendOutcome.Full;
                        settled.AddRange(Settle(index, machine, inFlight, outcome, durable));
                        inFlight = null;
                    }
                }

                while (inFlight is not null || machine.TryBegin(out inFlight))
                {
                    settled.AddRange(Settle(index, machine, inFlight, AppendOutcome.Durable, durable));
                    inFlight = null;
                }

                Assert.Equal(0, machine.PendingMessages);
                Assert.Equal((ulong)durable.Count, index.Head);
                foreach (var (ids, offer) in offers)
                {
                    foreach (var (id, result) in ids.Zip(offer.Results(settled)))
                    {
                        Assert.True(result.Rejection == RejectionCode.StorageFull || result.Sequence == durable[id]);
                    }
                }
            });

    private static IReadOnlyList<SettledAppend> Settle(
        ShardIndex index, SyncShardMachine machine, ShardAppend append, AppendOutcome outcome, Dictionary<int, ulong> durable)
    {
        Assert.Equal(index.Head + 1, append.FirstSequence);
        if (outcome == AppendOutcome.Durable)
        {
            for (var i = 0; i < append.Entries.Count; i++)
            {
                durable.Add(append.Entries[i].Length - TaggedLength(0), append.FirstSequence + (ulong)i);
            }
        }

        return machine.Complete(outcome == AppendOutcome.Durable ? DurableResult(append) : AppendResult.Not(outcome)).Settled;
    }

    private ShardOffer Offer(int id) => OfferOfLength(id, 10);

    private ShardOffer OfferOfLength(int id, int length) => _machine.Offer(
        [ShardTranscript.Entry(id, length)], new EnvelopeBatch(new byte[length], [length]), Door.Push, null, ShardFloors.None);

    private void Commit(ShardAppend append) => _machine.Complete(DurableResult(append));

    private static AppendResult DurableResult(ShardAppend append) => new(AppendOutcome.Durable, new ulong[append.Entries.Count]);

    private void CommitNext()
    {
        Assert.True(_machine.TryBegin(out var append));
        Commit(append);
    }

    // The length tells the messages apart in the append, so the model can name them.
    private static int TaggedLength(int id) => 10 + id;

    private static EnvelopeBatch Batch(int[] ids) =>
        EnvelopeBatch.Pack([.. ids.Select(id => (ReadOnlyMemory<byte>)Enumerable.Repeat((byte)id, TaggedLength(id)).ToArray())]);
}
