using DChat.Core.Shards;
using DChat.Storage.Tests.Log.Local;

namespace DChat.Storage.Tests.Segments;

/// <summary>What an opened shard has to tell of the batches that it was given.</summary>
internal static class SealedModel
{
    /// <summary>Every message of the batches is there once, in the log or in a segment, under its sequences and with its bytes, and there is no other.</summary>
    public static async Task AssertHoldsAsync(OpenShard shard, IReadOnlyCollection<ShardAppend> batches)
    {
        var read = await shard.ReadAllAsync();
        Assert.Equal(Enumerable.Range(1, batches.Sum(each => each.Entries.Count)).Select(sequence => (ulong)sequence), read.Keys);
        Assert.Equal(batches.SelectMany(each => each.TopicSequences), read.Values.Select(message => message.TopicSequence));
        Assert.Equal(Convert.ToHexString([.. batches.SelectMany(each => each.Bytes())]), Convert.ToHexString([.. read.Values.SelectMany(message => message.Envelope)]));
        foreach (var (entry, topicSequence) in batches.SelectMany(each => each.Entries.Zip(each.TopicSequences)))
        {
            Assert.True(shard.Open.TryFind(entry.Id, out _) != shard.Sealed.TryFind(entry, out _));
            Assert.InRange(Math.Max(shard.Open.TopicHead(entry.Topic), shard.Sealed.TopicHead(entry.Topic)), topicSequence, uint.MaxValue);
        }
    }
}
