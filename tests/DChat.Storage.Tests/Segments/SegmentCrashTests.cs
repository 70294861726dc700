using CsCheck;
using DChat.Core;
using DChat.Core.Shards;
using DChat.Storage.Log.Local;
using static DChat.Storage.Tests.Log.Local.TestLog;

namespace DChat.Storage.Tests.Segments;

/// <summary>
/// A model against log and segments together, across kills, power losses and disk faults at any call of an append, a sealing, a release or
/// an opening: what was acknowledged is there for ever, once, under its sequences, in the log or in a segment.
/// </summary>
public sealed class SegmentCrashTests
{
    [Fact]
    public async Task Every_acknowledged_message_survives_any_crash_of_a_sealing_exactly_once() =>
        await Gen.Int.SampleAsync(seed => new Run(seed).RunAsync(), iter: 50, threads: 2);

    private sealed class Run(int seed)
    {
        private const int Starts = 6;
        private const int RoundsPerStart = 8;
        private const int Shard = 1;

        private readonly Random _random = new(seed);
        private readonly List<ShardAppend> _kept = [];
        private ShardAppend? _unknown;
        private SimulatedDisk _disk = new();
        private int _nextSeed = 1;
        private ulong _epoch;

        public async Task RunAsync()
        {
            for (var start = 0; start < Starts; start++)
            {
                ScheduleFault();
                await UseAsync();
            }

            _disk.Before = null;
            await using var log = Open(_disk);
            await CheckAsync(await OpenShard.OpenAsync(log, OpenShard.Store(_disk, log), Shard));
        }

        private void ScheduleFault()
        {
            var calls = _random.Next(1, 120);
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

        private async Task UseAsync()
        {
            LocalShardLog? log = null;
            try
            {
                log = Open(_disk, options => options.CheckpointBytes = LocalShardLogOptions.MinCheckpointBytes);
                var store = OpenShard.Store(_disk, log);
                var shard = await OpenShard.OpenAsync(log, store, Shard);
                await CheckAsync(shard);
                for (var round = 0; round < RoundsPerStart && log.Failure is null; round++)
                {
                    await AppendAsync(shard);
                    if (log.Failure is null && _random.Next(2) == 0)
                    {
                        await SealAsync(shard);
                    }

                    if (log.Failure is null && _random.Next(4) == 0)
                    {
                        shard = await OpenShard.OpenAsync(log, store, Shard);
                        await CheckAsync(shard);
                    }
                }
            }
            catch (DChatException e) when (e.Code is "log-unwritable" or "segment-unreadable" or "segment-unwritable")
            {
                // The fault hit an opening or a sealing.
            }

            await EndAsync(log);
        }

        private async Task AppendAsync(OpenShard shard)
        {
            int[] lengths = [.. Enumerable.Range(0, _random.Next(1, 6)).Select(_ => _random.Next(1, _random.Next(2) == 0 ? 200 : 20_000))];
            var batch = Batch(shard.Open.Head + 1, Shard, _nextSeed++, lengths);
            switch (await shard.AppendAsync(batch))
            {
                case AppendOutcome.Durable:
                    _kept.Add(batch);
                    break;
                case AppendOutcome.Failed:
                    _unknown = batch;
                    break;
            }
        }

        private async Task SealAsync(OpenShard shard)
        {
            var (percent, last) = (_random.Next(50, 101), _random.Next(3) == 0 ? ulong.MaxValue : shard.Open.Head - (ulong)_random.Next(3));
            try
            {
                await shard.SealAsync(++_epoch, message => message.Sequence <= last && _random.Next(100) < percent);
            }
            finally
            {
                shard.Release();
            }
        }

        private async Task EndAsync(LocalShardLog? log)
        {
            var isPowerLost = _random.Next(3) == 0;
            if (_random.Next(3) == 0 && log is not null)
            {
                await log.DisposeAsync();
                _disk = isPowerLost ? _disk.LosePower(_random) : _disk;
                return;
            }

            _disk = isPowerLost ? _disk.LosePower(_random) : _disk.KillProcess();
            if (log is not null)
            {
                await log.DisposeAsync();
            }
        }

        private async Task CheckAsync(OpenShard shard)
        {
            var read = await shard.ReadAllAsync();
            if (_unknown is { } batch && read.ContainsKey(batch.FirstSequence))
            {
                // Once it is served it counts as acknowledged.
                _kept.Add(batch);
            }

            _unknown = null;
            await SealedModel.AssertHoldsAsync(shard, _kept);
        }
    }
}
