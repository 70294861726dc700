using System.Buffers.Binary;
using System.Runtime.InteropServices;
using DChat.Core;
using DChat.Core.Reconciliation;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Storage.Files;

namespace DChat.Storage.Segments;

/// <summary>Writes the side index of a segment.</summary>
/// <param name="messages">Its messages, in the order of the segment.</param>
/// <param name="envelopeChecksums">The CRC-32C of each envelope, in the same order.</param>
/// <param name="envelopesAt">Where in the segment the envelopes start.</param>
internal sealed class SideIndexWriter(IndexedMessage[] messages, uint[] envelopeChecksums, long envelopesAt)
{
    // The messages in order of sequence, by their places.
    private readonly int[] _places = new int[messages.Length];

    /// <summary>The newest message of each topic, by the order of their tags.</summary>
    public List<TopicRow> TopicHeads { get; } = [];

    /// <summary>Writes everything and returns once it is durable.</summary>
    public void Write(IFile file, Guid log, Bytes32 root, ulong salt, uint[] leafChecksums)
    {
        for (var place = 0; place < _places.Length; place++)
        {
            _places[place] = place;
        }

        Array.Sort(Array.ConvertAll(_places, place => messages[place].Sequence), _places);
        var rows = Rows();
        var rowsOfPlaces = RowsOfPlaces();
        var (topics, rowsOfTopics) = Topics();
        var filter = new SplitBlockFilter(salt, messages.Length);
        foreach (var message in messages)
        {
            filter.Add(message.Entry.Id);
        }

        var topicFilter = new SplitBlockFilter(salt, TopicHeads.Count);
        TopicHeads.ForEach(row => topicFilter.Add(row.Topic));
        var head = new SideIndexHead
        {
            Log = log,
            Root = root,
            Salt = salt,
            Count = messages.Length,
            Topics = TopicHeads.Count,
            LastSequence = (uint)messages[_places[^1]].Sequence,
            LastHlc = messages[^1].Entry.Hlc,
            FirstSequences = FirstOfBlocks(messages.Length, row => (uint)messages[_places[row]].Sequence),
            FirstTopics = FirstOfBlocks(TopicHeads.Count, row => TopicHeads[row].Topic),
            FirstHlcs = FirstOfBlocks(messages.Length, place => messages[place].Entry.Hlc),
            RowChecksums = BlockTable.ChecksumsOf(rows, SideRow.RowLength),
            PlaceChecksums = BlockTable.ChecksumsOf(rowsOfPlaces, sizeof(uint)),
            TopicChecksums = BlockTable.ChecksumsOf(topics, TopicRow.RowLength),
            TopicListChecksums = BlockTable.ChecksumsOf(rowsOfTopics, sizeof(uint)),
            LeafChecksums = leafChecksums,
            Filter = filter,
            TopicFilter = topicFilter,
        };
        long offset = 0;
        foreach (var part in (byte[][])[head.ToBytes(), rows, rowsOfPlaces, topics, rowsOfTopics])
        {
            file.Write(part, offset);
            offset += part.Length;
        }

        file.Sync();
    }

    private static T[] FirstOfBlocks<T>(int count, Func<int, T> keyOf)
    {
        var firsts = new T[BlockTable.BlocksOf(count)];
        for (var block = 0; block < firsts.Length; block++)
        {
            firsts[block] = keyOf(block * BlockTable.BlockRows);
        }

        return firsts;
    }

    private byte[] Rows()
    {
        var offsets = new long[messages.Length];
        for (var place = 1; place < offsets.Length; place++)
        {
            offsets[place] = offsets[place - 1] + messages[place - 1].Entry.Length;
        }

        var rows = new byte[messages.Length * SideRow.RowLength];
        for (var row = 0; row < _places.Length; row++)
        {
            var place = _places[row];
            var (entry, sequence, topicSequence, _) = messages[place];
            new SideRow((uint)sequence, (uint)topicSequence, entry.Door, envelopesAt + offsets[place], entry.Length, envelopeChecksums[place])
                .Write(rows.AsSpan(row * SideRow.RowLength));
        }

        return rows;
    }

    private byte[] RowsOfPlaces()
    {
        var rows = new byte[messages.Length * sizeof(uint)];
        for (var row = 0; row < _places.Length; row++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(rows.AsSpan(_places[row] * sizeof(uint)), row);
        }

        return rows;
    }

    // A counting sort: rows come in order, and each goes to the next place of its topic.
    private (byte[] Topics, byte[] RowsOfTopics) Topics()
    {
        var heads = new Dictionary<TopicTag, (int Count, uint Head)>();
        foreach (var place in _places)
        {
            ref var head = ref CollectionsMarshal.GetValueRefOrAddDefault(heads, messages[place].Entry.Topic, out _);
            head = (head.Count + 1, (uint)messages[place].TopicSequence);
        }

        var table = new byte[heads.Count * TopicRow.RowLength];
        var next = new Dictionary<TopicTag, int>(heads.Count);
        var first = 0;
        foreach (var (topic, (count, head)) in heads.OrderBy(each => each.Key))
        {
            new TopicRow(topic, (uint)first).Write(table.AsSpan(TopicHeads.Count * TopicRow.RowLength));
            TopicHeads.Add(new TopicRow(topic, head));
            next[topic] = first;
            first += count;
        }

        var lists = new byte[_places.Length * sizeof(uint)];
        for (var row = 0; row < _places.Length; row++)
        {
            ref var at = ref CollectionsMarshal.GetValueRefOrNullRef(next, messages[_places[row]].Entry.Topic);
            BinaryPrimitives.WriteInt32LittleEndian(lists.AsSpan(at++ * sizeof(uint)), row);
        }

        return (table, lists);
    }
}
