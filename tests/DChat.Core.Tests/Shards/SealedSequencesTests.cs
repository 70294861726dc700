using CsCheck;
using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Core.Topics;

namespace DChat.Core.Tests.Shards;

/// <summary>Which sequences are sealed, without reading all that is.</summary>
public sealed class SealedSequencesTests
{
    [Fact]
    public void They_are_those_that_are_sealed() =>
        Gen.Select(Gen.Int[1, 5_000], Gen.Int[0, 100], Gen.Int[1, 100], Gen.Int).Sample((count, percentSealed, percentAsked, seed) =>
        {
            var random = new Random(seed);
            var all = Enumerable.Range(1, count).Select(sequence => (ulong)sequence).ToArray();
            var sealedOnes = all.Where(_ => random.Next(100) < percentSealed).ToArray();
            var asked = all.Where(_ => random.Next(100) < percentAsked).ToArray();
            var sequences = new SealedSequences(new Told(sealedOnes));

            Assert.Equal(asked.Intersect(sealedOnes), asked.Where(sequences.Contains));
        }, iter: 300);

    [Fact]
    public void One_old_message_that_is_open_does_not_have_all_be_read_that_was_sealed_since()
    {
        var told = new Told([.. Enumerable.Range(2, 100_000).Select(sequence => (ulong)sequence)]);
        var sequences = new SealedSequences(told);

        Assert.False(sequences.Contains(1));
        Assert.All(Enumerable.Range(100_002, 50), sequence => Assert.False(sequences.Contains((ulong)sequence)));
        Assert.Equal(SealedSequences.PageLength, told.Count);
    }

    private sealed class Told(ulong[] sequences) : ISealedMessages
    {
        public long Count { get; private set; }

        public ulong LastSequence => throw new NotSupportedException();

        public HybridTimestamp LastHlc => throw new NotSupportedException();

        public bool KnowsTopics => throw new NotSupportedException();

        public bool MayHold(in IndexEntry entry) => throw new NotSupportedException();

        public bool TryFind(in IndexEntry entry, out StoredMessage message) => throw new NotSupportedException();

        public IReadOnlyList<SealedItems> Items => throw new NotSupportedException();

        public IReadOnlyList<string>? Verify(Bytes32 root) => throw new NotSupportedException();

        public IReadOnlyList<StoredMessage> Find(IReadOnlySet<Bytes32> ids) => throw new NotSupportedException();

        public uint TopicHead(TopicTag topic) => throw new NotSupportedException();

        public IReadOnlyList<StoredMessage> After(ulong sequence, int maxCount)
        {
            StoredMessage[] found = [.. sequences.Where(each => each > sequence).Take(maxCount).Select(each => new StoredMessage(each, 1, 1, Door.Push, 0, 0))];
            Count += found.Length;
            return found;
        }

        public IReadOnlyList<StoredMessage> After(TopicTag topic, ulong sequence, int maxCount) => throw new NotSupportedException();

        public StoredEnvelopes Read(IReadOnlyList<StoredMessage> messages) => throw new NotSupportedException();
    }
}
