using CsCheck;
using DChat.Core;
using DChat.Core.Shards;
using DChat.Storage.Log.Local;
using DChat.Testing.Log;
using static DChat.Storage.Tests.Log.Local.TestLog;

namespace DChat.Storage.Tests.Log.Local;

/// <summary>
/// A model against the log, across kills, power losses and disk faults at any call, also during recovery: what was
/// acknowledged or served once is there for ever, once, in sequence; of the rest a batch is there whole or not at all. What
/// was released may be gone, from the oldest on.
/// </summary>
public sealed class CrashTests
{
    [Fact]
    public async Task Every_acknowledged_message_survives_any_crash_exactly_once() =>
        await Gen.Int.SampleAsync(seed => new Run(seed).RunAsync(), iter: 200, threads: 2);

    private sealed class Run(int seed)
    {
        private const int Shards = 1 << ShardBits;
        private const int Starts = 6;
        private const int RoundsPerStart = 12;

        private readonly Random _random = new(seed);
        private readonly List<ShardAppend>[] _kept = [.. Enumerable.Range(0, Shards).Select(_ => new List<ShardAppend>())];
        private readonly ShardAppend?[] _unknown = new ShardAppend?[Shards];
        private readonly ulong[] _released = new ulong[Shards];
        private SimulatedDisk _disk = new();
        private int _nextSeed = 1;

        public async Task RunAsync()
        {
            for (var start = 0; start < Starts; start++)
            {
                ScheduleFault();
                if (TryOpen() is { } log)
                {
                    await UseAsync(log);
                    await EndAsync(log);
                }
                else
                {
                    _disk = _disk.LosePower(_random);
                }
            }

            _disk.Before = null;
            await using var last = Open(_disk);
            await CheckAsync(await OpenAllAsync(last));
        }

        // At some call something breaks: the power, or a sync, or a write, which may be half done.
        private void ScheduleFault()
        {
            var calls = _random.Next(1, 60);
            var kind = _random.Next(5);
            var bytes = _random.Next(3_000);
            _disk.Before = call => (Interlocked.Decrement(ref calls), kind, call.Operation) switch
            {
                ( <= 0, 0, DiskOperation.Write) => DiskFault.InputOutput with { BytesWritten = Math.Min(bytes, call.Length) },
                ( <= 0, 0, _) => DiskFault.InputOutput,
                (0 or -1, 1, DiskOperation.Sync) => DiskFault.InputOutput,
                (0 or -1, 2, DiskOperation.Write) => DiskFault.InputOutput with { BytesWritten = Math.Min(bytes, call.Length) },
                ( <= 0 and > -20, 3, DiskOperation.Write) => DiskFault.NoSpace(Math.Min(bytes, call.Length)),
                _ => null,
            };
        }

        private LocalShardLog? TryOpen()
        {
            try
            {
                return Open(_disk, options => options.CheckpointBytes = LocalShardLogOptions.MinCheckpointBytes);
            }
            catch (DChatException e) when (e.Code == "log-unwritable")
            {
                return null;
            }
        }

        private async Task UseAsync(LocalShardLog log)
        {
            var writers = await OpenAllAsync(log);
            await CheckAsync(writers);
            for (var round = 0; round < RoundsPerStart && log.Failure is null; round++)
            {
                var shards = Enumerable.Range(0, Shards).Where(_ => _random.Next(2) == 0).ToArray();
                var batches = Array.ConvertAll(shards, shard => Batch(writers[shard].Index.Head + 1, shard, _nextSeed++, Lengths()));
                var outcomes = await Task.WhenAll(shards.Zip(batches, (shard, batch) => writers[shard].AppendAsync(batch).AsTask()));
                for (var i = 0; i < shards.Length; i++)
                {
                    Record(shards[i], batches[i], outcomes[i]);
                }

                if (_random.Next(3) == 0)
                {
                    var shard = _random.Next(Shards);
                    _released[shard] = Math.Max(_released[shard], (ulong)_random.NextInt64((long)writers[shard].Index.Head + 1));
                    writers[shard].Release(_released[shard]);
                }

                if (log.Failure is null && _random.Next(4) == 0)
                {
                    var shard = _random.Next(Shards);
                    writers[shard] = await log.OpenShardAsync(shard);
                }
            }
        }

        private void Record(int shard, ShardAppend batch, AppendOutcome outcome)
        {
            switch (outcome)
            {
                case AppendOutcome.Durable:
                    _kept[shard].Add(batch);
                    break;
                case AppendOutcome.Failed:
                    _unknown[shard] = batch;
                    break;
                default:
                    Assert.Equal(AppendOutcome.Full, outcome);
                    break;
            }
        }

        private async Task EndAsync(LocalShardLog log)
        {
            var isPowerLost = _random.Next(3) == 0;
            if (_random.Next(3) == 0)
            {
                await log.DisposeAsync();
                _disk = isPowerLost ? _disk.LosePower(_random) : _disk;
            }
            else
            {
                _disk = isPowerLost ? _disk.LosePower(_random) : _disk.KillProcess();
                await log.DisposeAsync();
            }
        }

        private int[] Lengths() => [.. Enumerable.Range(0, _random.Next(1, 5)).Select(_ => _random.Next(1, _random.Next(2) == 0 ? 200 : 8_000))];

        private static async Task<IndexedShardWriter[]> OpenAllAsync(LocalShardLog log)
        {
            var writers = new IndexedShardWriter[Shards];
            for (var shard = 0; shard < Shards; shard++)
            {
                writers[shard] = await IndexedShardWriter.OpenAsync(log, new((ushort)shard), CancellationToken.None);
            }

            return writers;
        }

        private async Task CheckAsync(IndexedShardWriter[] writers)
        {
            for (var shard = 0; shard < Shards; shard++)
            {
                // Once it is served it counts as acknowledged.
                if (_unknown[shard] is { } batch && writers[shard].Index.TryFind(batch.Entries[0].Id, out _))
                {
                    _kept[shard].Add(batch);
                }

                _unknown[shard] = null;
                await AssertHoldsAsync(writers[shard], [.. _kept[shard]], _released[shard]);
            }
        }

        // All that is not released, and of the rest the newest.
        private static async Task AssertHoldsAsync(IndexedShardWriter writer, ShardAppend[] batches, ulong released)
        {
            IndexEntry[] entries = [.. batches.SelectMany(batch => batch.Entries)];
            var snapshot = writer.Index.Snapshot();
            Assert.Equal((ulong)entries.Length, snapshot.Head);
            Assert.InRange(entries.Length - snapshot.Count, 0, (int)released);
            IndexedMessage[] messages = [.. snapshot.Messages];
            Assert.Equal(entries[^messages.Length..], messages.Select(message => message.Entry));
            uint[] topicSequences = [.. batches.SelectMany(batch => batch.TopicSequences)];
            Assert.Equal(topicSequences[^messages.Length..], messages.Select(message => (uint)message.TopicSequence));
            ulong[] sequences = Array.ConvertAll(messages, message => message.Sequence);
            Assert.Equal(Enumerable.Range(entries.Length - messages.Length + 1, messages.Length).Select(sequence => (ulong)sequence), sequences);
            var read = await writer.ReadAsync(snapshot, sequences, Token);
            Assert.All(read.Holes, hole => Assert.True(hole <= released));
            var bytes = batches.SelectMany(batch => batch.Bytes()).ToArray();
            Assert.EndsWith(Convert.ToHexString(read.Bytes), Convert.ToHexString(bytes), StringComparison.Ordinal);
            Assert.Equal(messages.Where(message => !read.Holes.Contains(message.Sequence)).Sum(message => message.Entry.Length), read.Bytes.Length);
        }
    }
}
