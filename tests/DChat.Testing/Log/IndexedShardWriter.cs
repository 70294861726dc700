using DChat.Core.Shards;
using DChat.Core.Topics;

namespace DChat.Testing.Log;

/// <summary>A writer of a shard with the index over what it holds, as a shard's owner keeps it.</summary>
public sealed class IndexedShardWriter
{
    private readonly IShardLogWriter _writer;

    private IndexedShardWriter(IShardLogWriter writer, ShardIndex index) => (_writer, Index) = (writer, index);

    public ulong Term => _writer.Term;

    public ShardIndex Index { get; }

    public static async ValueTask<IndexedShardWriter> OpenAsync(IShardLog log, ShardId shard, CancellationToken cancellationToken)
    {
        var writer = await log.OpenAsync(shard, cancellationToken);
        return new IndexedShardWriter(writer, await writer.ReplayIndexAsync(sealedMessages: null, salt: 1, cancellationToken));
    }

    public async ValueTask<AppendOutcome> AppendAsync(ShardAppend append)
    {
        var (outcome, locations) = await _writer.AppendAsync(append);
        for (var i = 0; i < locations.Length; i++)
        {
            Index.Append(append.Entries[i], locations.Span[i], append.TopicSequences[i]);
        }

        return outcome;
    }

    public void Release(ulong through) => _writer.Release(through);

    public ValueTask<StoredEnvelopes> ReadAsync(ShardSnapshot snapshot, ReadOnlyMemory<ulong> sequences, CancellationToken cancellationToken) =>
        _writer.ReadAsync(Array.ConvertAll(sequences.ToArray(), sequence => snapshot[sequence]), cancellationToken);
}
