using CsCheck;
using DChat.Core.Reconciliation;
using DChat.Core.Shards;
using static DChat.Storage.Tests.Log.Local.TestLog;

namespace DChat.Storage.Tests.Segments;

/// <summary>What is expected of any store of segments beside its log.</summary>
public abstract class SegmentStoreConformance
{
    /// <summary>How many random shards are compared with the model.</summary>
    protected virtual int Runs => 15;

    /// <summary>Log and segments as a new process finds them; where it starts is new as well when <paramref name="isNew"/>.</summary>
    protected abstract Task<(IShardLog Log, ISegmentStore Store)> StartAsync(bool isNew);

    [Fact]
    public async Task Messages_are_found_by_sequence_topic_and_id_as_a_naive_model_finds_them_before_and_after_opening_again() =>
        await Gen.Select(Gen.Int[1, 900], Gen.Int[1, 4], Gen.Int).SampleAsync(async (count, epochs, seed) =>
        {
            var random = new Random(seed);
            var shard = await OpenAsync(isNew: true);
            List<IndexedMessage> model = [];
            for (var epoch = 1; epoch <= epochs; epoch++)
            {
                var batch = Batch(shard.Open.Head + 1, 1, (seed & 0xFFFF) + epoch, [.. Enumerable.Range(0, count / epochs + 1).Select(_ => random.Next(1, 40))]);
                Assert.Equal(AppendOutcome.Durable, await shard.AppendAsync(batch));
                await shard.SealAsync((ulong)epoch, message => { var taken = random.Next(4) > 0; if (taken) { model.Add(message); } return taken; });
            }

            model.Sort((a, b) => a.Sequence.CompareTo(b.Sequence));
            AssertAgrees(shard.Sealed, model, random);
            var before = shard.Open.Snapshot().Messages.Select(message => message with { Location = 0 }).ToList();
            var again = await OpenAsync();
            AssertAgrees(again.Sealed, model, random);
            Assert.Equal(before, again.Open.Snapshot().Messages.Select(message => message with { Location = 0 }));
        }, iter: Runs, threads: 1);

    [Fact]
    public async Task A_class_that_has_a_segment_in_an_epoch_keeps_it_and_what_came_late_goes_into_the_next()
    {
        var shard = await AppendAsync(Message(1, 0, 10), Message(1, 1, 10));
        Assert.Equal(2, (await shard.SealAsync(1)).Segments.Count);
        await shard.AppendAsync(Batch(3, 1, 5, [10]));

        Assert.Empty((await shard.SealAsync(1)).Segments);
        Assert.Equal(1, shard.Open.Count);
        var late = Assert.Single((await shard.SealAsync(2)).Segments);
        Assert.Equal((2ul, 1), (late.Id.Epoch.Value, late.Count));
        Assert.Equal(0, shard.Open.Count);
    }

    [Fact]
    public async Task Topics_go_on_where_they_were_after_their_messages_are_sealed()
    {
        var shard = await AppendAsync(Message(1, 3, 10), Message(1, 6, 10), Message(1, 4, 10));
        await shard.SealAsync(1, message => message.Sequence == 1);
        await shard.SealAsync(2);

        var (topic, other) = (Message(1, 3, 1).Entry.Topic, Message(1, 4, 1).Entry.Topic);
        foreach (var opened in (OpenShard[])[shard, await OpenAsync()])
        {
            Assert.Equal(2u, opened.Sealed.TopicHead(topic));
            Assert.Equal(1u, opened.Sealed.TopicHead(other));
            Assert.Equal(0u, opened.Sealed.TopicHead(Message(1, 5, 1).Entry.Topic));
        }
    }

    [Fact]
    public async Task Messages_that_are_sealed_already_are_not_sealed_again_whatever_is_listed()
    {
        var (log, store) = await StartAsync(isNew: true);
        var shard = await OpenShard.OpenAsync(log, store, 1);
        await shard.AppendAsync(Batch(1, 1, 1, [10, 20, 30, 40]));
        var writer = await log.OpenAsync(new(1), Token);
        var segments = await store.OpenAsync(new(1), writer.Term, Token);
        var listed = (await writer.ReplayIndexAsync(segments.Sealed, salt: 1, Token)).Snapshot().Messages.ToList();
        await segments.SealAsync(new(1), [listed[0], listed[2]], writer, Token);

        Assert.Equal([2, 4], (await segments.SealAsync(new(2), listed, writer, Token)).Segments.Select(segment => (int)segment.Id.Class).Order());
        Assert.Equal([1ul, 2, 3, 4], segments.Sealed.After(0, int.MaxValue).Select(message => message.Sequence));
    }

    [Fact]
    public async Task Envelopes_are_read_in_the_order_asked_for_with_neighbours_far_ones_and_one_twice()
    {
        var shard = await AppendAsync([.. Enumerable.Range(0, 60).Select(i => Message(1, i, i % 3 == 0 ? 9_000 : 50))]);
        await shard.SealAsync(1);
        var told = shard.Sealed.After(0, 60);

        foreach (var asked in (int[][])[[.. Enumerable.Range(0, 60)], [59, 0, 30, 31, 30], [4, 9], []])
        {
            var read = shard.Sealed.Read([.. asked.Select(i => told[i])]);
            Assert.Empty(read.Holes);
            Assert.Equal(asked.SelectMany(i => Message(1, i, i % 3 == 0 ? 9_000 : 50).Envelope), read.Bytes);
        }
    }

    private protected async Task<OpenShard> OpenAsync(bool isNew = false)
    {
        var (log, store) = await StartAsync(isNew);
        return await OpenShard.OpenAsync(log, store, 1);
    }

    private async Task<OpenShard> AppendAsync(params (IndexEntry Entry, byte[] Envelope)[] messages)
    {
        var shard = await OpenAsync(isNew: true);
        await shard.AppendAsync(new ShardAppend(
            1, [.. messages.Select(m => m.Entry)], [.. messages.Select((m, i) => (uint)messages.Take(i + 1).Count(each => each.Entry.Topic == m.Entry.Topic))], messages.SelectMany(m => m.Envelope).ToArray()));
        return shard;
    }

    private static void AssertAgrees(ISealedMessages found, List<IndexedMessage> model, Random random)
    {
        Assert.Equal(model.Count, found.Count);
        Assert.Equal(model.Count > 0 ? model[^1].Sequence : 0, found.LastSequence);
        for (var i = 0; i < 20; i++)
        {
            var (after, count) = ((ulong)random.Next(1_000), random.Next(1, 300));
            Assert.Equal(
                model.Where(message => message.Sequence > after).Take(count).Select(Told), found.After(after, count).Select(Told));
            var topic = Message(1, random.Next(3), 1).Entry.Topic;
            Assert.Equal(
                model.Where(message => message.Entry.Topic == topic && message.Sequence > after).Take(count).Select(Told),
                found.After(topic, after, count).Select(Told));
        }

        foreach (var message in model)
        {
            Assert.True(found.MayHold(message.Entry));
            Assert.True(found.TryFind(message.Entry, out var stored));
            Assert.Equal(Told(message), Told(stored));
            Assert.False(found.TryFind(message.Entry with { Id = Message(9, 77, 1).Entry.Id }, out _));
        }

        // A part of the ids, and one that is in none of the segments, though its filter may pass it.
        var some = model.Where(_ => random.Next(3) == 0).ToList();
        HashSet<Core.Bytes32> ids = [.. some.Select(message => message.Entry.Id.Value), Message(9, 77, 1).Entry.Id.Value];
        Assert.Equal(some.Select(Told), found.Find(ids).Select(Told));
        Assert.Equal(
            model.Select(message => new SetItem(message.Entry.Hlc.Value, message.Entry.Id.Value)).Order(),
            found.Items.SelectMany(segment => Enumerable.Range(0, segment.Count).Select(place => segment.Items.ItemOf((uint)place))).Order());
        Assert.All(found.Items, segment =>
        {
            var items = Enumerable.Range(0, segment.Count).Select(place => segment.Items.ItemOf((uint)place)).ToList();
            Assert.Equal(items.Order(), items);
            Assert.Equal((items[0].Timestamp, items[^1].Timestamp), (segment.First.Value, segment.Last.Value));

            // The envelopes of this test are not those of their ids, and each is found.
            var problems = found.Verify(segment.Root)!;
            Assert.Equal(segment.Count, problems.Count);
            Assert.All(problems, problem => Assert.Contains("the envelope is not that of", problem, StringComparison.Ordinal));
        });

        Assert.Null(found.Verify(default));

        static (ulong, ulong, int, Core.Envelopes.Door) Told<T>(T message) => message switch
        {
            IndexedMessage indexed => (indexed.Sequence, indexed.TopicSequence, indexed.Entry.Length, indexed.Entry.Door),
            StoredMessage stored => (stored.Sequence, stored.TopicSequence, stored.Length, stored.Door),
            _ => throw new ArgumentException("Neither."),
        };
    }
}
