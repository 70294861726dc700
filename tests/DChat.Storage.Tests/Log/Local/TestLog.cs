using DChat.Core;
using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Storage.Log.Local;
using DChat.Testing.Log;
using Microsoft.Extensions.Logging;

namespace DChat.Storage.Tests.Log.Local;

/// <summary>Opens logs on simulated disks, and makes messages and batches for them.</summary>
internal static class TestLog
{
    public const int ShardBits = 2;

    public const string FirstWal = "00000001.wal";

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public static LocalShardLogOptions Options(string directory = "/data") => new()
    {
        Directory = directory,
        Network = "test",
        ShardBits = ShardBits,
        SegmentBytes = LocalShardLogOptions.MinSegmentBytes,
    };

    public static LocalShardLog Open(SimulatedDisk disk, Action<LocalShardLogOptions>? configure = null, ILogger? logger = null)
    {
        var options = Options();
        configure?.Invoke(options);
        return LocalShardLog.Open(options, disk, logger);
    }

    public static ValueTask<IndexedShardWriter> OpenShardAsync(this LocalShardLog log, int shard) =>
        IndexedShardWriter.OpenAsync(log, new ShardId((ushort)shard), Token);

    /// <summary>A message whose bytes, id and topic follow from a seed.</summary>
    public static (IndexEntry Entry, byte[] Envelope) Message(int shard, int seed, int length, int shardBits = ShardBits)
    {
        var random = new Random(seed);
        var envelope = new byte[length];
        random.NextBytes(envelope);
        var topic = new byte[TopicTag.Length];
        topic[0] = (byte)(shard << (8 - shardBits));
        topic[^1] = (byte)(seed % 3);
        Span<byte> id = stackalloc byte[MessageId.Length];
        random.NextBytes(id);
        return (
            new IndexEntry(
                new MessageId(new Bytes32(id)),
                new TopicTag(topic),
                new HybridTimestamp((ulong)seed * 77),
                (RetentionClass)((seed % 5) + 1),
                length,
                (Door)((seed % 3) + 1)),
            envelope);
    }

    /// <summary>The envelopes of a batch back to back.</summary>
    public static byte[] Bytes(this ShardAppend append) => [.. append.Runs.SelectMany(run => run.ToArray())];

    public static ShardAppend Batch(IndexedShardWriter writer, int shard, int seed, params int[] lengths) =>
        Batch(writer.Index.Head + 1, shard, seed, lengths);

    public static ShardAppend Batch(ulong firstSequence, int shard, int seed, int[] lengths, int shardBits = ShardBits)
    {
        var messages = lengths.Select((length, i) => Message(shard, (seed * 1_000) + i, length, shardBits)).ToList();
        uint[] topicSequences = [.. messages.Select((_, i) => (uint)((seed * 1_000) + i + 1))];
        return new ShardAppend(firstSequence, [.. messages.Select(m => m.Entry)], topicSequences, messages.SelectMany(m => m.Envelope).ToArray());
    }

    public static async Task<ShardAppend> AppendAsync(this IndexedShardWriter writer, int shard, int seed, params int[] lengths)
    {
        var batch = Batch(writer, shard, seed, lengths);
        Assert.Equal(AppendOutcome.Durable, await writer.AppendAsync(batch));
        return batch;
    }

    public static async Task<byte[]> ReadAllAsync(this IndexedShardWriter writer)
    {
        var snapshot = writer.Index.Snapshot();
        ulong[] sequences = [.. Enumerable.Range(1, (int)snapshot.Head).Select(i => (ulong)i)];
        var read = await writer.ReadAsync(snapshot, sequences, Token);
        Assert.Empty(read.Holes);
        return read.Bytes;
    }

    /// <summary>Asserts that the shard holds exactly the messages of the batches, in order, in index and files.</summary>
    public static async Task AssertHoldsAsync(this IndexedShardWriter writer, params ShardAppend[] batches)
    {
        IndexEntry[] entries = [.. batches.SelectMany(batch => batch.Entries)];
        uint[] topicSequences = [.. batches.SelectMany(batch => batch.TopicSequences)];
        var snapshot = writer.Index.Snapshot();
        Assert.Equal((ulong)entries.Length, snapshot.Head);
        for (var i = 0; i < entries.Length; i++)
        {
            Assert.Equal(entries[i], snapshot[(ulong)i + 1].Entry);
            Assert.Equal(topicSequences[i], snapshot[(ulong)i + 1].TopicSequence);
            Assert.True(writer.Index.TryFind(entries[i].Id, out var found));
            Assert.Equal((ulong)i + 1, found.Sequence);
        }

        byte[] expected = [.. batches.SelectMany(batch => batch.Bytes())];
        Assert.Equal(expected, await writer.ReadAllAsync());
    }

    public static DChatException AssertRefusesToOpen(SimulatedDisk disk, string code)
    {
        var error = Assert.Throws<DChatException>(() => Open(disk));
        Assert.Equal(code, error.Code);
        return error;
    }
}
