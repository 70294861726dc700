using DChat.Core.Topics;

namespace DChat.Core.Shards;

/// <summary>The messages that will become, or are, one append, under the number by which those who wait for it know it.</summary>
internal sealed class AppendTicket(ulong number)
{
    private readonly List<IndexEntry> _entries = [];
    private readonly List<uint> _sealedTopicHeads = [];
    private readonly List<MessageRun> _runs = [];

    public ulong Number => number;

    public ulong FirstSequence { get; private set; }

    public IReadOnlyList<IndexEntry> Entries => _entries;

    public IReadOnlyList<MessageRun> Runs => _runs;

    public IReadOnlyList<uint> TopicSequences { get; private set; } = [];

    public int Bytes { get; private set; }

    /// <summary>Adds a message; returns its place in the append.</summary>
    /// <param name="entry">The message.</param>
    /// <param name="sealedTopicHead">The sequence in the topic of the newest sealed message; 0 when there is none, or when the open set has one of the topic.</param>
    public int Add(in IndexEntry entry, uint sealedTopicHead)
    {
        _entries.Add(entry);
        _sealedTopicHeads.Add(sealedTopicHead);
        Bytes += entry.Length;
        return _entries.Count - 1;
    }

    /// <summary>Takes over what an open set knows of the topics' heads, which is about to lose messages.</summary>
    public void NoteHeads(ShardIndex index)
    {
        for (var i = 0; i < _entries.Count; i++)
        {
            _sealedTopicHeads[i] = Math.Max(_sealedTopicHeads[i], index.TopicHead(_entries[i].Topic));
        }
    }

    public void Add(MessageRun run) => _runs.Add(run);

    /// <summary>Gives the messages their sequences.</summary>
    public ShardAppend Begin(ShardIndex index)
    {
        var firstSequence = FirstSequence = index.Head + 1;
        TopicSequences = GiveTopicSequences(index);
        var envelopes = new ReadOnlyMemory<byte>[_runs.Count];
        for (var i = 0; i < envelopes.Length; i++)
        {
            envelopes[i] = _runs[i].Envelopes.Bytes;
            _runs[i] = _runs[i] with { FirstSequence = firstSequence };
            firstSequence += (ulong)_runs[i].Envelopes.Count;
        }

        return new ShardAppend(FirstSequence, _entries, TopicSequences, envelopes);
    }

    private uint[] GiveTopicSequences(ShardIndex index)
    {
        var sequences = new uint[_entries.Count];
        var heads = new Dictionary<TopicTag, uint>();
        for (var i = 0; i < sequences.Length; i++)
        {
            var topic = _entries[i].Topic;
            if (!heads.TryGetValue(topic, out var head))
            {
                head = Math.Max(index.TopicHead(topic), _sealedTopicHeads[i]);
            }

            heads[topic] = sequences[i] = head + 1;
        }

        return sequences;
    }
}
