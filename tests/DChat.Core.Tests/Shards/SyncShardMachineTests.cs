using CsCheck;
using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Core.Topics;

namespace DChat.Core.Tests.Shards;

public sealed class SyncShardMachineTests
{
    private readonly ShardIndex _index = new(salt: 1);
    private readonly SyncShardMachine _machine;

    public SyncShardMachineTests() => _machine = new SyncShardMachine(_index);

    [Fact]
    public void An_offer_settles_only_when_its_append_is_durable()
    {
        var offer = Offer(1, 2);
        Assert.True(_machine.TryBegin(out var append));
        Assert.False(offer.Settled.IsCompleted);

        Commit(append);

        Assert.True(offer.Settled.IsCompletedSuccessfully);
        Assert.Equal([(1ul, false), (2ul, false)], Positions(offer));
    }

    [Fact]
    public void A_duplicate_of_a_pending_message_waits_for_its_first_copy()
    {
        var first = Offer(1);
        Assert.True(_machine.TryBegin(out var append));
        var retry = Offer(1);
        Assert.False(retry.Settled.IsCompleted);

        Commit(append);

        Assert.True(first.Settled.IsCompletedSuccessfully);
        Assert.True(retry.Settled.IsCompletedSuccessfully);
        Assert.Equal([(1ul, true)], Positions(retry));
        Assert.False(_machine.TryBegin(out _));
    }

    [Fact]
    public void A_duplicate_of_a_durable_message_has_its_position_at_once()
    {
        Offer(1, 2);
        CommitNext();

        var retry = Offer(2);

        Assert.True(retry.Settled.IsCompletedSuccessfully);
        Assert.Equal([(2ul, true)], Positions(retry));
    }

    [Fact]
    public void A_message_twice_in_one_offer_is_kept_once()
    {
        var offer = Offer(7, 7);
        CommitNext();

        Assert.Equal([(1ul, false), (1ul, true)], Positions(offer));
        Assert.Equal(1ul, _index.Head);
    }

    [Theory]
    [InlineData(AppendOutcome.Full)]
    [InlineData(AppendOutcome.Failed)]
    public void A_failed_append_rejects_everybody_who_waits_and_leaves_no_hole(AppendOutcome outcome)
    {
        var first = Offer(1);
        Assert.True(_machine.TryBegin(out _));
        var retry = Offer(1);
        var next = Offer(2);

        Assert.Empty(_machine.Complete(outcome));

        Assert.Equal(RejectionCode.StorageUnavailable, Assert.Single(first.Results()).Rejection);
        Assert.Equal(RejectionCode.StorageUnavailable, Assert.Single(retry.Results()).Rejection);
        Assert.False(next.Settled.IsCompleted);
        CommitNext();
        Assert.Equal([(1ul, false)], Positions(next));
        Assert.False(_machine.IsFenced);
    }

    [Theory]
    [InlineData(AppendOutcome.Fenced)]
    [InlineData(AppendOutcome.OutOfSequence)]
    public void A_fenced_machine_rejects_what_waits_and_what_comes(AppendOutcome outcome)
    {
        var first = Offer(1);
        Assert.True(_machine.TryBegin(out _));
        var waiting = Offer(2);
        _machine.Complete(outcome);

        var later = Offer(3);

        foreach (var offer in new[] { first, waiting, later })
        {
            Assert.True(offer.Settled.IsCompletedSuccessfully);
            Assert.Equal(RejectionCode.StorageUnavailable, Assert.Single(offer.Results()).Rejection);
        }

        Assert.True(_machine.IsFenced);
        Assert.False(_machine.TryBegin(out _));
        Assert.Equal(0, _machine.PendingMessages);
    }

    [Fact]
    public void Pending_messages_stop_at_the_limit_and_one_beyond_is_overloaded()
    {
        for (var i = 0; i < SyncShardLimits.MaxPendingMessages; i++)
        {
            Assert.False(Offer(i).Settled.IsCompleted);
        }

        var beyond = Offer(SyncShardLimits.MaxPendingMessages);

        Assert.True(beyond.Settled.IsCompletedSuccessfully);
        Assert.Equal(RejectionCode.Overloaded, Assert.Single(beyond.Results()).Rejection);
        CommitNext();
        Assert.False(Offer(SyncShardLimits.MaxPendingMessages).Settled.IsCompleted);
    }

    [Fact]
    public void Pending_bytes_stop_at_the_limit_and_one_beyond_is_overloaded()
    {
        var each = EnvelopeLimits.MaxBytes;
        var fit = SyncShardLimits.MaxPendingBytes / each;
        for (var i = 0; i < fit; i++)
        {
            Assert.False(OfferOfLength(i, each).Settled.IsCompleted);
        }

        var rest = SyncShardLimits.MaxPendingBytes - (fit * each);
        Assert.Equal(RejectionCode.Overloaded, Assert.Single(OfferOfLength(fit, rest + 1).Results()).Rejection);
        Assert.False(OfferOfLength(fit, rest).Settled.IsCompleted);
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
    public void Runs_carry_the_accepted_messages_of_each_offer_in_order()
    {
        Offer(1, 2);
        Offer(2, 3);
        Assert.True(_machine.TryBegin(out var append));

        var runs = Commit(append);

        Assert.Equal([1ul, 3ul], runs.Select(run => run.FirstSequence));
        Assert.Equal([2, 1], runs.Select(run => run.Envelopes.Count));
        Assert.Equal(append.Envelopes.ToArray(), runs.SelectMany(run => run.Envelopes.Bytes));
    }

    [Fact]
    public void Entries_that_do_not_match_the_envelopes_are_refused() =>
        Assert.Throws<ArgumentException>(() => _machine.Offer([], Batch([1]), Door.Push, null));

    [Fact]
    public void Any_history_acknowledges_each_message_once_and_keeps_sequences_dense() =>
        Gen.Int[0, 40].Array[1, 6].Select(ids => (ids, outcome: 0))
            .Select(Gen.Int[0, 9], (offer, step) => (offer.ids, step))
            .List[1, 60]
            .Sample(history =>
            {
                var index = new ShardIndex(salt: 1);
                var machine = new SyncShardMachine(index);
                var offers = new List<(int[] Ids, ShardOffer Offer)>();
                var durable = new Dictionary<int, ulong>();
                ShardAppend? inFlight = null;
                foreach (var (ids, step) in history)
                {
                    offers.Add((ids, machine.Offer([.. ids.Select(id => Entry(id, TaggedLength(id)))], Batch(ids), Door.Push, null)));
                    if (inFlight is null && machine.TryBegin(out var begun))
                    {
                        inFlight = begun;
                    }

                    if (inFlight is not null && step < 7)
                    {
                        var outcome = step < 5 ? AppendOutcome.Durable : AppendOutcome.Full;
                        Settle(index, machine, inFlight, outcome, durable);
                        inFlight = null;
                    }
                }

                while (inFlight is not null || machine.TryBegin(out inFlight))
                {
                    Settle(index, machine, inFlight, AppendOutcome.Durable, durable);
                    inFlight = null;
                }

                Assert.Equal(0, machine.PendingMessages);
                Assert.Equal((ulong)durable.Count, index.Head);
                foreach (var (ids, offer) in offers)
                {
                    Assert.True(offer.Settled.IsCompletedSuccessfully);
                    foreach (var (id, result) in ids.Zip(offer.Results()))
                    {
                        Assert.True(result.Rejection == RejectionCode.StorageUnavailable || result.Sequence == durable[id]);
                    }
                }
            });

    private static void Settle(
        ShardIndex index, SyncShardMachine machine, ShardAppend append, AppendOutcome outcome, Dictionary<int, ulong> durable)
    {
        Assert.Equal(index.Head + 1, append.FirstSequence);
        if (outcome == AppendOutcome.Durable)
        {
            foreach (var entry in append.Entries)
            {
                durable.Add(entry.Length - TaggedLength(0), index.Append(entry, 0).Sequence);
            }
        }

        machine.Complete(outcome);
    }

    private ShardOffer Offer(params int[] ids) =>
        _machine.Offer([.. ids.Select(id => Entry(id, 10))], EnvelopeBatch.Pack([.. ids.Select(_ => (ReadOnlyMemory<byte>)new byte[10])]), Door.Push, null);

    private ShardOffer OfferOfLength(int id, int length) =>
        _machine.Offer([Entry(id, length)], new EnvelopeBatch(new byte[length], [length]), Door.Push, null);

    private IReadOnlyList<MessageRun> Commit(ShardAppend append)
    {
        foreach (var entry in append.Entries)
        {
            _index.Append(entry, 0);
        }

        return _machine.Complete(AppendOutcome.Durable);
    }

    private void CommitNext()
    {
        Assert.True(_machine.TryBegin(out var append));
        Commit(append);
    }

    private static IndexEntry Entry(int id, int length)
    {
        Span<byte> bytes = stackalloc byte[MessageId.Length];
        BitConverter.TryWriteBytes(bytes, id);
        return new IndexEntry(
            new MessageId(new Bytes32(bytes)), new TopicTag(bytes[..16]), new HybridTimestamp((ulong)id), RetentionClass.ThirtyDays, length, Door.Push);
    }

    // The length tells the messages apart in the append, so the model can name them.
    private static int TaggedLength(int id) => 10 + id;

    private static EnvelopeBatch Batch(int[] ids) =>
        EnvelopeBatch.Pack([.. ids.Select(id => (ReadOnlyMemory<byte>)Enumerable.Repeat((byte)id, TaggedLength(id)).ToArray())]);

    private static (ulong Sequence, bool IsDuplicate)[] Positions(ShardOffer offer) =>
        [.. offer.Results().Select(result => (result.Sequence, result.IsDuplicate))];
}
