using CsCheck;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using static DChat.Core.Tests.Shards.IndexEntries;

namespace DChat.Core.Tests.Shards;

public sealed class ShardIndexTests
{
    [Fact]
    public void An_empty_index_finds_nothing()
    {
        var index = new ShardIndex(1);

        Assert.Equal(0ul, index.Head);
        Assert.False(index.TryFind(Id(1), out _));
        Assert.Equal(0u, index.TopicHead(Topic(1)));
        Assert.Empty(index.Snapshot().After(Topic(1), 0, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => index.Snapshot()[1]);
    }

    [Fact]
    public void An_index_agrees_with_a_naive_model_after_any_appends() =>
        Gen.Select(Gen.ULong, Gen.Int[1, 40].SelectMany(topics => Gen.ULong[1, (ulong)topics].Array[0, 3_000]))
            .Sample((salt, topics) => AssertAgreesWithModel(salt, topics), iter: 60);

    [Theory]
    [InlineData(4_095)]
    [InlineData(4_096)]
    [InlineData(4_097)]
    [InlineData(12_289)]
    public void An_index_agrees_with_a_naive_model_around_chunk_boundaries(int count) =>
        AssertAgreesWithModel(7, [.. Enumerable.Range(0, count).Select(i => (ulong)(i % 3))]);

    [Fact]
    public void A_snapshot_does_not_show_later_appends()
    {
        var index = new ShardIndex(3);
        index.Append(Create(1, topic: 9), 10);
        index.Append(Create(2, topic: 9), 20);
        var snapshot = index.Snapshot();
        for (var i = 3ul; i <= 10_000; i++)
        {
            index.Append(Create(i, topic: 9), i * 10);
        }

        Assert.Equal(2ul, snapshot.Head);
        Assert.Equal([1ul, 2ul], snapshot.After(Topic(9), 0, 8).Select(message => message.Sequence));
        Assert.Equal([2ul], snapshot.After(1, 8).Select(message => message.Sequence));
        Assert.Equal(20ul, snapshot[2].Location);
        Assert.Throws<ArgumentOutOfRangeException>(() => snapshot[3]);
        Assert.Empty(snapshot.After(Topic(9), ulong.MaxValue, 8));
        Assert.Empty(snapshot.After(ulong.MaxValue, 8));
    }

    [Fact]
    public void A_message_that_is_there_already_is_refused_and_changes_nothing()
    {
        var index = new ShardIndex(3);
        index.Append(Create(1, topic: 1), 0);

        Assert.Throws<ArgumentException>(() => index.Append(Create(1, topic: 2), 0));
        Assert.Equal(1ul, index.Head);
        Assert.Equal(0u, index.TopicHead(Topic(2)));
    }

    [Fact]
    public void What_is_left_when_some_messages_are_sealed_agrees_with_a_naive_model_and_goes_on() =>
        Gen.Select(Gen.Int, Gen.Int[0, 400], Gen.Int[0, 100]).Sample((seed, count, percent) =>
        {
            var random = new Random(seed);
            var after = (ulong)random.Next(1_000);
            var index = new ShardIndex(salt: 5, after);
            var model = Enumerable.Range(0, count).Select(_ => index.Append(Create((ulong)random.NextInt64(), (ulong)random.Next(6)), location: 1)).ToList();
            var through = after + (ulong)random.Next(count + 1);
            var left = model.Where(message => message.Sequence <= through && random.Next(100) >= percent).ToList();
            var rest = index.Without(through, sequence => !left.Exists(message => message.Sequence == sequence));
            foreach (var message in model.Where(message => message.Sequence > through))
            {
                Assert.Equal(message, rest.Append(message.Entry, message.Location, (uint)message.TopicSequence));
                left.Add(message);
            }

            Assert.Equal(index.Head, rest.Head);
            Assert.Equal(left, rest.Snapshot().Messages);
            foreach (var message in model)
            {
                var isLeft = left.Contains(message);
                Assert.Equal(isLeft, rest.TryFind(message.Entry.Id, out var found) && found == message);
                Assert.Equal(isLeft, rest.Snapshot().TryGet(message.Sequence, out found) && found == message);
            }

            for (var topic = 0ul; topic < 6; topic++)
            {
                var from = after + (ulong)random.Next(count + 1);
                var ofTopic = left.FindAll(message => message.Entry.Topic == Topic(topic));
                Assert.Equal(ofTopic.Where(message => message.Sequence > from), rest.Snapshot().After(Topic(topic), from, count + 1));
                Assert.Equal(ofTopic.LastOrDefault().TopicSequence, rest.TopicHead(Topic(topic)));
            }

            var start = after + (ulong)random.Next(count + 1);
            Assert.Equal(left.Where(message => message.Sequence > start).Take(9), rest.Snapshot().After(start, 9));
            Assert.Equal(left.Count > 0 ? left[0].Sequence : index.Head + 1, rest.FirstSequence);
            Assert.Equal(8ul, rest.Append(Create(ulong.MaxValue, topic: 99), location: 1, topicSequence: 8).TopicSequence);
        }, iter: 300);

    [Theory]
    [InlineData(0)]
    [InlineData(EnvelopeLimits.MaxBytes + 1)]
    public void A_length_out_of_range_is_refused(int length) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new ShardIndex(3).Append(Create(1, 1) with { Length = length }, 0));

    [Fact]
    public void The_longest_envelope_is_taken()
    {
        var index = new ShardIndex(3);
        index.Append(Create(1, 1) with { Length = EnvelopeLimits.MaxBytes }, 0);

        Assert.Equal(EnvelopeLimits.MaxBytes, index.Snapshot()[1].Entry.Length);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(6)]
    [InlineData(255)]
    public void A_class_that_does_not_exist_is_refused(byte retention) => Assert.Throws<ArgumentOutOfRangeException>(
        () => new ShardIndex(3).Append(Create(1, 1) with { Class = (RetentionClass)retention }, 0));

    [Fact]
    public async Task Readers_see_only_whole_messages_while_the_writer_appends()
    {
        const uint Count = 200_000;
        const ulong Topics = 5;
        var index = new ShardIndex(11);
        using var done = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 2).Select(seed => Task.Run(() => ReadUntil(index, Topics, seed, done.Token))).ToArray();
        for (var i = 1ul; i <= Count; i++)
        {
            index.Append(Create(i, i % Topics), i * 7);
        }

        await done.CancelAsync();
        await Task.WhenAll(readers);
        Assert.Equal(Count, index.Head);
    }

    private static void ReadUntil(ShardIndex index, ulong topics, int seed, CancellationToken done)
    {
        var random = new Random(seed);
        do
        {
            var snapshot = index.Snapshot();
            for (var i = 0; i < 100 && snapshot.Head > 0; i++)
            {
                var sequence = (ulong)random.NextInt64(1, (long)snapshot.Head + 1);
                var message = snapshot[sequence];
                Assert.Equal(Create(sequence, sequence % topics), message.Entry);
                Assert.Equal(sequence * 7, message.Location);
                Assert.True(index.TryFind(Id(sequence), out var found));
                Assert.Equal(message, found);

                var topic = sequence % topics;
                var expected = Enumerable.Range(1, 8).Select(k => sequence + ((ulong)k * topics)).TakeWhile(s => s <= snapshot.Head);
                Assert.Equal(expected, snapshot.After(Topic(topic), sequence, 8).Select(message => message.Sequence));
                Assert.True(index.TopicHead(Topic(topic)) >= (snapshot.Head - topic) / topics);
            }
        }
        while (!done.IsCancellationRequested);
    }

    private static void AssertAgreesWithModel(ulong salt, ulong[] topics)
    {
        var index = new ShardIndex(salt);
        var model = new List<IndexedMessage>();
        var byTopic = new Dictionary<ulong, List<ulong>>();
        foreach (var topic in topics)
        {
            var sequence = (ulong)model.Count + 1;
            if (!byTopic.TryGetValue(topic, out var list))
            {
                byTopic[topic] = list = [];
            }

            list.Add(sequence);
            var expected = new IndexedMessage(Create(sequence, topic), sequence, (ulong)list.Count, sequence * 5);
            Assert.Equal(expected, index.Append(expected.Entry, expected.Location));
            model.Add(expected);
        }

        Assert.Equal((ulong)model.Count, index.Head);
        Assert.False(index.TryFind(Id((ulong)model.Count + 1), out _));
        var snapshot = index.Snapshot();
        foreach (var expected in model)
        {
            Assert.Equal(expected, snapshot[expected.Sequence]);
            Assert.True(index.TryFind(expected.Entry.Id, out var found));
            Assert.Equal(expected, found);
        }

        foreach (var (topic, list) in byTopic)
        {
            Assert.Equal((uint)list.Count, index.TopicHead(Topic(topic)));
            foreach (var after in new ulong[] { 0, list[0] - 1, list[0], list[list.Count / 2], list[^1], list[^1] + 1 })
            {
                Assert.Equal(list.Where(s => s > after).Take(5), snapshot.After(Topic(topic), after, 5).Select(message => message.Sequence));
            }
        }
    }
}
