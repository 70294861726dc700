using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Core.Topics;

namespace DChat.Simulation.Tests.Relays;

/// <summary>
/// What one relay has ever said it holds, across all its starts. Served once counts as said: after a crash a message may be
/// there that nobody was answered about, and from then on it must stay.
/// </summary>
internal sealed class RelayRecord
{
    private readonly Dictionary<MessageId, (ShardId Shard, ulong Sequence)> _places = [];
    private readonly Dictionary<(ShardId Shard, ulong Sequence), MessageId> _messages = [];

    public IReadOnlyCollection<MessageId> Messages => _places.Keys;

    public bool Has(MessageId id) => _places.ContainsKey(id);

    /// <summary>The relay says that a message has a sequence, for the first time or again.</summary>
    public void Said(MessageId id, ShardId shard, ulong sequence)
    {
        var place = (shard, sequence);
        if ((!_places.TryAdd(id, place) && _places[id] != place) || (!_messages.TryAdd(place, id) && _messages[place] != id))
        {
            Assert.Fail($"{id} is at {place}: it was at {_places[id]}, and {_messages.GetValueOrDefault(place)} was there.");
        }
    }

    /// <summary>What a shard serves after a start: all that was said, at the same sequences, dense, and readable.</summary>
    public void Check(ShardId shard, IShardLogWriter writer, ShardSnapshot snapshot)
    {
        var said = _messages.Keys.Where(place => place.Shard == shard).Select(place => place.Sequence).DefaultIfEmpty().Max();
        Assert.True(said <= snapshot.Head, $"Shard {shard} ends at {snapshot.Head}, but {said} was acknowledged.");
        ulong[] sequences = [.. Enumerable.Range(1, (int)snapshot.Head).Select(sequence => (ulong)sequence)];
        var read = writer.ReadAsync(Array.ConvertAll(sequences, sequence => snapshot[sequence]), CancellationToken.None).AsTask().GetAwaiter().GetResult();
        Assert.Empty(read.Holes);
        var topics = new Dictionary<TopicTag, ulong>();
        var bytes = read.Bytes.AsSpan();
        foreach (var sequence in sequences)
        {
            var message = snapshot[sequence];
            Said(message.Entry.Id, shard, sequence);
            Assert.Equal(message.Entry.Id, MessageId.Compute(bytes[..message.Entry.Length]));
            Assert.Equal(topics[message.Entry.Topic] = topics.GetValueOrDefault(message.Entry.Topic) + 1, message.TopicSequence);
            bytes = bytes[message.Entry.Length..];
        }
    }
}
