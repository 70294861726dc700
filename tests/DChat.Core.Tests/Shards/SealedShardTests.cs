using CsCheck;
using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Core.Topics;

namespace DChat.Core.Tests.Shards;

/// <summary>A shard whose messages are sealed while others are offered, wait and become durable.</summary>
public sealed class SealedShardTests
{
    [Fact]
    public void A_sealed_message_is_a_duplicate_and_keeps_its_sequences()
    {
        var shard = new Model();
        shard.Offer(1, 2, 3);
        shard.CommitAll();
        shard.Seal(_ => true);

        var result = Assert.Single(shard.Offer(2).Results([]));

        Assert.True(result.IsDuplicate);
        Assert.Equal((2ul, shard.Sealed.Single(message => message.Sequence == 2).TopicSequence), (result.Sequence, result.TopicSequence));
        Assert.Equal(0, shard.Machine.PendingMessages);
    }

    [Fact]
    public void What_memory_can_tell_is_not_looked_up()
    {
        var shard = new Model();
        Assert.True(shard.Machine.Ask([Model.Entry(1)]).IsDone);
        shard.Offer(3, 1, 4);
        shard.CommitAll();
        shard.Seal(message => message.Sequence == 2);

        // Message 1 is sealed, 7 is of the topic of 4, which is open and newer; 2 is of a topic that is not, 6 of one whose open
        // message is older than what is sealed.
        Assert.False(shard.Machine.Ask([Model.Entry(1)]).IsDone);
        Assert.False(shard.Machine.Ask([Model.Entry(2)]).IsDone);
        Assert.True(shard.Machine.Ask([Model.Entry(4)]).IsDone);
        Assert.True(shard.Machine.Ask([Model.Entry(7)]).IsDone);
        Assert.False(shard.Machine.Ask([Model.Entry(6)]).IsDone);
    }

    [Fact]
    public void An_offer_that_was_looked_up_before_a_sealing_is_refused_until_it_is_looked_up_again()
    {
        var shard = new Model();
        var entry = Model.Entry(1);
        var before = shard.Machine.Ask([entry]);
        shard.Offer(1);
        shard.CommitAll();
        shard.Seal(_ => true);

        Assert.Throws<ArgumentException>(() => shard.Machine.Offer([entry], Model.Batch([1]), Door.Push, null, ShardFloors.None, before));
        var after = shard.Machine.Ask([entry], before);
        Assert.Throws<ArgumentException>(() => shard.Machine.Offer([entry], Model.Batch([1]), Door.Push, null, ShardFloors.None, after));
        after.Run();
        Assert.Same(after, shard.Machine.Ask([entry], after));
        Assert.True(Assert.Single(shard.Machine.Offer([entry], Model.Batch([1]), Door.Push, null, ShardFloors.None, after).Results([])).IsDuplicate);
    }

    [Fact]
    public void A_message_that_cannot_be_looked_up_is_refused_and_no_other_of_its_batch()
    {
        var shard = new Model();
        shard.Offer(1, 2, 3, 4);
        shard.CommitAll();
        shard.Seal(_ => true);
        shard.BrokenIds.Add(Model.Entry(1).Id);
        shard.BrokenTopics.Add(Model.Entry(2).Topic);

        // 1 is sealed and cannot be found, 2 is found, 5 is new in a topic whose head cannot be read, 7 is new in another.
        var offer = shard.Offer(1, 2, 5, 7);
        var results = offer.Results(shard.CommitAll());

        Assert.Equal(RejectionCode.StorageFailed, results[0].Rejection);
        Assert.True(results[1].IsDuplicate);
        Assert.Equal(RejectionCode.StorageFailed, results[2].Rejection);
        Assert.Equal((RejectionCode.None, 5ul), (results[3].Rejection, results[3].Sequence));
        shard.BrokenIds.Clear();
        Assert.True(Assert.Single(shard.Offer(1).Results([])).IsDuplicate);
    }

    [Fact]
    public void The_first_fault_of_a_lookup_is_told()
    {
        var shard = new Model();
        shard.Offer(1, 2, 3);
        shard.CommitAll();
        shard.Seal(_ => true);
        shard.BrokenIds.Add(Model.Entry(1).Id);

        var lookup = shard.Machine.Ask([Model.Entry(1), Model.Entry(2)]);
        Assert.Null(lookup.Fault);
        lookup.Run();

        Assert.True(lookup.IsDone);
        Assert.Equal("segment-unreadable", lookup.Fault?.Code);
    }

    [Fact]
    public void Any_history_with_sealings_keeps_each_message_once_and_topics_dense() =>
        Gen.Select(Gen.Int[0, 60].Array[1, 6], Gen.Int[0, 9], Gen.Int[0, 100]).List[1, 80].Sample(history =>
        {
            var shard = new Model();
            foreach (var (ids, step, percent) in history)
            {
                shard.Offer([.. ids.Distinct()]);
                switch (step)
                {
                    case < 4:
                        shard.Begin();
                        break;
                    case < 7:
                        shard.Complete(AppendOutcome.Durable);
                        break;
                    case 7:
                        shard.Complete(AppendOutcome.Full);
                        break;
                    default:
                        shard.Seal(message => ((message.Sequence * 37) % 100) < (ulong)percent);
                        break;
                }
            }

            shard.CommitAll();
            var all = shard.Machine.View.Open.Snapshot().Messages.Concat(shard.Sealed).OrderBy(message => message.Sequence).ToList();
            Assert.Equal(Enumerable.Range(1, all.Count).Select(sequence => (ulong)sequence), all.Select(message => message.Sequence));
            Assert.Equal(all.Count, all.Select(message => message.Entry.Id).Distinct().Count());
            foreach (var topic in all.GroupBy(message => message.Entry.Topic))
            {
                Assert.Equal(Enumerable.Range(1, topic.Count()).Select(sequence => (ulong)sequence), topic.Select(message => message.TopicSequence));
            }
        }, iter: 600);

    /// <summary>A machine, its log and its segments, all in memory.</summary>
    private sealed class Model
    {
        private ShardAppend? _inFlight;

        public HashSet<MessageId> BrokenIds { get; } = [];

        public HashSet<TopicTag> BrokenTopics { get; } = [];

        public SyncShardMachine Machine { get; }

        public Model() => Machine = new(new ShardView(new ShardIndex(salt: 1), new Segments(this, [])));

        public IReadOnlyList<IndexedMessage> Sealed => ((Segments)Machine.View.Sealed).Messages;

        // Three topics.
        public static IndexEntry Entry(int id) => new(
            IndexEntries.Id((ulong)id), IndexEntries.Topic((ulong)id % 3), new HybridTimestamp((ulong)id), RetentionClass.OneDay, id + 1, Door.Push);

        public static EnvelopeBatch Batch(int[] ids) => new(new byte[ids.Sum(id => id + 1)], Array.ConvertAll(ids, id => id + 1));

        public ShardOffer Offer(params int[] ids)
        {
            var entries = Array.ConvertAll(ids, Entry);
            var lookup = Machine.Ask(entries);
            if (!lookup.IsDone)
            {
                lookup.Run();
            }

            return Machine.Offer(entries, Batch(ids), Door.Push, null, ShardFloors.None, lookup);
        }

        public void Begin()
        {
            if (_inFlight is null && Machine.TryBegin(out var append))
            {
                _inFlight = append;
            }
        }

        public IReadOnlyList<SettledAppend> Complete(AppendOutcome outcome)
        {
            if (_inFlight is not { } append)
            {
                return [];
            }

            _inFlight = null;
            return Machine.Complete(outcome == AppendOutcome.Durable ? new AppendResult(outcome, new ulong[append.Entries.Count]) : AppendResult.Not(outcome)).Settled;
        }

        public List<SettledAppend> CommitAll()
        {
            List<SettledAppend> settled = [];
            for (Begin(); _inFlight is not null; Begin())
            {
                settled.AddRange(Complete(AppendOutcome.Durable));
            }

            return settled;
        }

        public void Seal(Func<IndexedMessage, bool> isSealed)
        {
            var open = Machine.View.Open;
            var taken = open.Snapshot().Messages.Where(isSealed).ToList();
            Machine.Seal(open.Without(open.Head, sequence => taken.Exists(message => message.Sequence == sequence)), new Segments(this, [.. Sealed, .. taken]));
        }
    }

    private sealed class Segments(Model model, IReadOnlyList<IndexedMessage> messages) : ISealedMessages
    {
        public IReadOnlyList<IndexedMessage> Messages => messages;

        public long Count => messages.Count;

        public ulong LastSequence => messages.Count == 0 ? 0 : messages.Max(message => message.Sequence);

        public HybridTimestamp LastHlc => messages.Count == 0 ? default : messages.Max(message => message.Entry.Hlc);

        public bool KnowsTopics => messages.Count > 0;

        public bool MayHold(in IndexEntry entry)
        {
            var id = entry.Id;
            return messages.Any(message => message.Entry.Id == id);
        }

        public bool TryFind(in IndexEntry entry, out StoredMessage message)
        {
            var id = entry.Id;
            ThrowIf(model.BrokenIds.Contains(id));
            var found = messages.FirstOrDefault(message => message.Entry.Id == id);
            message = new StoredMessage(found.Sequence, found.TopicSequence, found.Entry.Length, found.Entry.Door, 0, 0);
            return found.Sequence > 0;
        }

        public IReadOnlyList<SealedItems> Items => throw new NotSupportedException();

        public IReadOnlyList<string>? Verify(Bytes32 root) => throw new NotSupportedException();

        public IReadOnlyList<StoredMessage> Find(IReadOnlySet<Bytes32> ids) => throw new NotSupportedException();

        public uint TopicHead(TopicTag topic)
        {
            ThrowIf(model.BrokenTopics.Contains(topic));
            return (uint)messages.Where(message => message.Entry.Topic == topic).Select(message => message.TopicSequence).DefaultIfEmpty().Max();
        }

        public IReadOnlyList<StoredMessage> After(ulong sequence, int maxCount) => throw new NotSupportedException();

        public IReadOnlyList<StoredMessage> After(TopicTag topic, ulong sequence, int maxCount) => throw new NotSupportedException();

        public StoredEnvelopes Read(IReadOnlyList<StoredMessage> messages) => throw new NotSupportedException();

        private static void ThrowIf(bool isBroken)
        {
            if (isBroken)
            {
                throw new DChatException("segment-unreadable", "The disk failed.", isTransient: true);
            }
        }
    }
}
