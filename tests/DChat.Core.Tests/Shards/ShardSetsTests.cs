using CsCheck;
using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Reconciliation;
using DChat.Core.Segments;
using DChat.Core.Shards;
using DChat.Core.Topics;

namespace DChat.Core.Tests.Shards;

public sealed class ShardSetsTests
{
    private static readonly SketchKey Key = ShardSets.KeyOf("dchat-test", new ShardId(3));

    private static readonly SetRange Everything = new(ShardFloors.None, default, new HybridTimestamp(ulong.MaxValue));

    /// <summary>Messages come, some are sealed, some in both, some pruned with their segment, and the sets are brought up to date now and then.</summary>
    [Fact]
    public void The_set_and_the_sketch_of_any_range_are_those_of_a_naive_model() =>
        Gen.Select(Gen.Int, Gen.Int[1, 25]).Sample(
            (seed, steps) =>
            {
                var random = new Random(seed);
                var shard = new Shard();
                var sets = new ShardSets(Key);
                for (var step = 0; step < steps; step++)
                {
                    shard.Change(random);
                    if (random.Next(3) == 0)
                    {
                        sets.CatchUp(shard.View);
                        AssertSame(sets, shard, RandomRange(random, shard));
                    }
                }

                sets.CatchUp(shard.View);
                AssertSame(sets, shard, Everything);
                AssertSame(sets, shard, RandomRange(random, shard));
            },
            iter: 150,
            threads: 1);

    [Fact]
    public void A_snapshot_does_not_change_while_messages_come_and_are_sealed()
    {
        var (shard, random, sets) = (new Shard(), new Random(1), new ShardSets(Key));
        shard.Append(100);
        sets.CatchUp(shard.View);
        var before = sets.Compose(Everything, isSketched: true);
        var (items, digest) = (All(before.Items), SetDigest.Of(before.Items));
        shard.Append(100);
        shard.Seal(random, _ => true);
        sets.CatchUp(shard.View);

        Assert.Equal(items, All(before.Items));
        Assert.Equal(digest, SetDigest.Of(before.Items));
        Assert.Equal(200, sets.Compose(Everything, isSketched: false).Items.Count);
    }

    [Fact]
    public void A_range_with_much_outside_has_no_sketch_of_its_own()
    {
        var (shard, sets) = (new Shard(), new ShardSets(Key));
        shard.Append(10_000);
        sets.CatchUp(shard.View);
        var middle = new HybridTimestamp(5_000 * 3);

        Assert.Null(sets.Compose(Everything with { From = middle }, isSketched: true).Sketch);
        Assert.Equal(ShardSets.MaxSketchLength, sets.Compose(Everything, isSketched: true).Sketch!.Symbols.Length);
    }

    [Fact]
    public void After_a_fault_of_storage_it_is_brought_up_to_date_all_the_same()
    {
        var (shard, sets) = (new Shard(), new ShardSets(Key));
        shard.Append(50);
        shard.Seal(new Random(1), _ => true);
        shard.Append(50);
        shard.Sealed.IsBroken = true;
        Assert.Throws<DChatException>(() => sets.CatchUp(shard.View));
        shard.Sealed.IsBroken = false;

        sets.CatchUp(shard.View);

        AssertSame(sets, shard, Everything);
    }

    [Fact]
    public void A_sketch_is_right_after_storage_failed_in_the_middle_of_it()
    {
        var (shard, sets, random) = (new Shard(), new ShardSets(Key), new Random(1));
        shard.Append(1_000);
        shard.Seal(random, _ => true);
        shard.Append(1_000);
        sets.CatchUp(shard.View);
        sets.Compose(Everything, isSketched: true);
        shard.Seal(random, _ => true);

        // The first pass over the new segments adds them up, the second makes the sketch: it fails in the middle of that.
        var newest = shard.Sealed.Segments[^1].Leaves;
        newest.FailsAfter = newest.Count + (newest.Count / 2);
        Assert.Throws<DChatException>(() => sets.CatchUp(shard.View));
        newest.FailsAfter = int.MaxValue;
        sets.CatchUp(shard.View);

        AssertSame(sets, shard, Everything);
    }

    [Fact]
    public void A_segment_that_is_pruned_may_be_gone_when_the_sets_are_brought_up_to_date()
    {
        var (shard, sets, random) = (new Shard(), new ShardSets(Key), new Random(1));
        shard.Append(1_000);
        shard.Seal(random, _ => true);
        sets.CatchUp(shard.View);
        sets.Compose(Everything, isSketched: true);
        var gone = shard.Sealed.Segments.ToList();
        while (shard.Sealed.Segments.Count > 0)
        {
            shard.Prune(random);
        }

        gone.ForEach(segment => segment.Leaves.FailsAfter = 0);
        sets.CatchUp(shard.View);

        AssertSame(sets, shard, Everything);
    }

    [Fact]
    public void What_is_sealed_is_not_read_again_when_all_of_a_segment_is_in_the_range()
    {
        var (shard, sets, random) = (new Shard(), new ShardSets(Key), new Random(1));
        for (var i = 0; i < 20; i++)
        {
            shard.Append(101);
            shard.Seal(random, _ => true);
        }

        sets.CatchUp(shard.View);
        var read = shard.Sealed.Segments.Sum(segment => segment.Leaves.Reads);

        sets.CatchUp(shard.View);
        var digest = SetDigest.Of(sets.Compose(Everything, isSketched: false).Items);

        Assert.Equal(2_020ul, digest.Count);
        Assert.Equal(read, shard.Sealed.Segments.Sum(segment => segment.Leaves.Reads));
    }

    /// <summary>The key is part of the contract: sync.proto says how it is made.</summary>
    [Fact]
    public void The_key_of_sketches_is_that_of_the_contract()
    {
        byte[] input = [.. "DCHAT-SKETCH-KEY-V1\0"u8, 10, .. "dchat-test"u8, 0, 3];
        var hash = System.Security.Cryptography.SHA256.HashData(input);

        Assert.Equal(new SketchKey(BitConverter.ToUInt64(hash, 0), BitConverter.ToUInt64(hash, 8)), Key);
    }

    private static void AssertSame(ShardSets sets, Shard shard, SetRange range)
    {
        var expected = shard.Items(range);
        var composed = sets.Compose(range, isSketched: true);

        Assert.Equal(expected, All(composed.Items));
        Assert.Equal(expected.Length, composed.Items.Count);
        if (composed.Sketch is { } sketch)
        {
            var naive = new RatelessSketch(Key, sketch.Symbols.Length);
            foreach (var item in expected)
            {
                naive.Add(item.Id);
            }

            Assert.Equal(naive.Symbols.ToArray(), sketch.Symbols.ToArray());
        }
    }

    private static SetRange RandomRange(Random random, Shard shard)
    {
        HybridTimestamp At() => new((ulong)random.NextInt64((long)(shard.Last * 3) + 2));
        var (one, other) = (At(), At());
        return new SetRange(ShardFloors.Of(_ => random.Next(2) == 0 ? default : At()), one < other ? one : other, one < other ? other : one);
    }

    private static SetItem[] All(ISortedSet set)
    {
        var items = new SetItem[set.Count];
        set.CopyTo(0, items);
        return items;
    }

    /// <summary>A shard whose content is a list.</summary>
    private sealed class Shard
    {
        private readonly Dictionary<ulong, IndexEntry> _messages = [];
        private ShardIndex _open = new(salt: 1);
        private ulong _epoch;

        public ulong Last { get; private set; }

        public FakeSegments Sealed { get; private set; } = new([]);

        public ShardView View => new(_open, Sealed);

        public void Append(int count)
        {
            for (var i = 0; i < count; i++)
            {
                Last++;
                _messages.Add(Last, IndexEntries.Create(Last, topic: 1));
                _open.Append(_messages[Last], location: Last);
            }
        }

        public void Change(Random random)
        {
            switch (random.Next(5))
            {
                case 0:
                    Seal(random, _ => true);
                    break;
                case 1:
                    Seal(random, _ => random.Next(2) == 0);
                    break;
                case 2:
                    Prune(random);
                    break;
                default:
                    Append(random.Next(1, 120));
                    break;
            }
        }

        public void Seal(Random random, Func<IndexedMessage, bool> isTaken)
        {
            _epoch++;
            var taken = _open.Snapshot().Messages.Where(message => !Sealed.MayHold(message.Entry) && isTaken(message)).ToList();
            var more = taken.GroupBy(message => message.Entry.Class).Select(group => FakeSegments.Segment(_epoch, group.Key, group.Select(message => message.Entry)));
            Sealed = new FakeSegments([.. Sealed.Segments, .. more]);

            // Seldom a message stays in the open set though it is sealed.
            var left = taken.Where(_ => random.Next(20) > 0).Select(message => message.Sequence).ToHashSet();
            _open = _open.Without(_open.Head, left.Contains);
        }

        public SetItem[] Items(SetRange range) =>
        [
            .. _messages.Values
                .Where(entry => entry.Hlc >= range.From && entry.Hlc < range.To && !range.Floors.IsBelow(entry))
                .Select(entry => new SetItem(entry.Hlc.Value, entry.Id.Value))
                .Order(),
        ];

        public void Prune(Random random)
        {
            if (Sealed.Segments.Count > 0)
            {
                var gone = Sealed.Segments[random.Next(Sealed.Segments.Count)];
                var open = _open.Snapshot().Messages.Select(message => message.Entry.Id).ToHashSet();
                foreach (var (sequence, entry) in _messages.Where(message => gone.Entries.ContainsKey(message.Value.Id) && !open.Contains(message.Value.Id)).ToList())
                {
                    _messages.Remove(sequence);
                }

                Sealed = new FakeSegments([.. Sealed.Segments.Where(segment => segment != gone)]);
            }
        }
    }

    private sealed record FakeSegment(SealedItems Told, Leaves Leaves, Dictionary<MessageId, IndexEntry> Entries);

    /// <summary>Items that are counted when they are read, and cannot be from some time on.</summary>
    private sealed class Leaves(SetItemList list, int count) : ISetItems
    {
        public int Count => count;

        public int Reads { get; private set; }

        public int FailsAfter { get; set; } = int.MaxValue;

        public SetItem ItemOf(uint number) => Reads++ < FailsAfter ? list.ItemOf(number) : throw FakeSegments.Broken();
    }

    private sealed class FakeSegments(IReadOnlyList<FakeSegment> segments) : ISealedMessages
    {
        public IReadOnlyList<FakeSegment> Segments => segments;

        public bool IsBroken { get; set; }

        public IReadOnlyList<SealedItems> Items => IsBroken ? throw Broken() : [.. segments.Select(segment => segment.Told)];

        public long Count => throw new NotSupportedException();

        public ulong LastSequence => throw new NotSupportedException();

        public HybridTimestamp LastHlc => throw new NotSupportedException();

        public bool KnowsTopics => throw new NotSupportedException();

        public static FakeSegment Segment(ulong epoch, RetentionClass retention, IEnumerable<IndexEntry> entries)
        {
            var byId = entries.ToDictionary(entry => entry.Id);
            var items = byId.Values.Select(entry => new SetItem(entry.Hlc.Value, entry.Id.Value)).Order().ToArray();
            var list = new SetItemList();
            Array.ForEach(items, item => list.Add(item));
            var id = new SegmentId(new EpochId(epoch), new ShardId(3), retention);
            var leaves = new Leaves(list, items.Length);

            // As with a real one, another content has another root.
            var root = new Bytes32(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(string.Join(',', items))));
            return new FakeSegment(
                new SealedItems(id, root, leaves, items.Length, new HybridTimestamp(items[0].Timestamp), new HybridTimestamp(items[^1].Timestamp)),
                leaves,
                byId);
        }

        public bool MayHold(in IndexEntry entry)
        {
            var id = entry.Id;
            return segments.Any(segment => segment.Entries.ContainsKey(id));
        }

        public bool TryFind(in IndexEntry entry, out StoredMessage message)
        {
            message = default;
            return MayHold(entry);
        }

        public uint TopicHead(TopicTag topic) => throw new NotSupportedException();

        public IReadOnlyList<StoredMessage> After(ulong sequence, int maxCount) => throw new NotSupportedException();

        public IReadOnlyList<StoredMessage> After(TopicTag topic, ulong sequence, int maxCount) => throw new NotSupportedException();

        public IReadOnlyList<string>? Verify(Bytes32 root) => throw new NotSupportedException();

        public IReadOnlyList<StoredMessage> Find(IReadOnlySet<Bytes32> ids) => throw new NotSupportedException();

        public StoredEnvelopes Read(IReadOnlyList<StoredMessage> messages) => throw new NotSupportedException();

        public static DChatException Broken() => new("segment-unreadable", "The disk failed.", isTransient: true);
    }
}
