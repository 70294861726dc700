using DChat.Core.Segments;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Storage.Log.Local;
using DChat.Storage.Segments;
using DChat.Storage.Tests.Log.Local;

namespace DChat.Storage.Tests.Segments;

/// <summary>A shard with its log, its segments and its open set, as its owner keeps them.</summary>
internal sealed class OpenShard
{
    private const int PageLength = 256;

    private readonly IShardLogWriter _writer;
    private readonly IShardSegments _segments;

    private OpenShard(IShardLogWriter writer, IShardSegments segments, ShardIndex open) => (_writer, _segments, Open) = (writer, segments, open);

    public ShardIndex Open { get; private set; }

    public ISealedMessages Sealed => _segments.Sealed;

    public IReadOnlyList<SealedRoot> Segments => _segments.Segments;

    public bool IsFenced => _writer.IsFenced;

    public static LocalSegmentStore Store(SimulatedDisk disk, LocalShardLog log) => new(TestLog.Options(), log.Id, disk);

    public static async Task<OpenShard> OpenAsync(IShardLog log, ISegmentStore store, int shard)
    {
        var id = new ShardId((ushort)shard);
        var writer = await log.OpenAsync(id, TestLog.Token);
        var segments = await store.OpenAsync(id, writer.Term, TestLog.Token);
        return new OpenShard(writer, segments, await writer.ReplayIndexAsync(segments.Sealed, salt: 1, TestLog.Token));
    }

    public async Task<AppendOutcome> AppendAsync(ShardAppend append)
    {
        var (outcome, locations) = await _writer.AppendAsync(append);
        for (var i = 0; i < locations.Length; i++)
        {
            Open.Append(append.Entries[i], locations.Span[i], append.TopicSequences[i]);
        }

        return outcome;
    }

    public async Task<SealResult> SealAsync(ulong epoch, Func<IndexedMessage, bool>? listed = null)
    {
        var list = Open.Snapshot().Messages.Where(listed ?? (_ => true)).ToList();
        try
        {
            return await _segments.SealAsync(new EpochId(epoch), list, _writer, TestLog.Token);
        }
        finally
        {
            var sealedNow = Sealed.After(0, int.MaxValue).Select(message => message.Sequence).ToHashSet();
            Open = Open.Without(Open.Head, sealedNow.Contains);
        }
    }

    public void Release() => _writer.Release(Open.FirstSequence - 1);

    /// <summary>All that can be read back, by sequence.</summary>
    public async Task<SortedDictionary<ulong, (uint TopicSequence, byte[] Envelope)>> ReadAllAsync()
    {
        var read = new SortedDictionary<ulong, (uint, byte[])>();
        foreach (var page in Sealed.After(0, int.MaxValue).Chunk(PageLength))
        {
            Take(Sealed.Read(page), page.Select(message => (message.Sequence, message.TopicSequence, message.Length)));
        }

        foreach (var page in Open.Snapshot().Messages.Chunk(PageLength))
        {
            Take(await _writer.ReadAsync(page, TestLog.Token), page.Select(message => (message.Sequence, message.TopicSequence, message.Entry.Length)));
        }

        return read;

        void Take(StoredEnvelopes stored, IEnumerable<(ulong Sequence, ulong TopicSequence, int Length)> messages)
        {
            Assert.Empty(stored.Holes);
            var offset = 0;
            foreach (var (sequence, topicSequence, length) in messages)
            {
                read.Add(sequence, ((uint)topicSequence, stored.Bytes[offset..(offset + length)]));
                offset += length;
            }

            Assert.Equal(stored.Bytes.Length, offset);
        }
    }
}
