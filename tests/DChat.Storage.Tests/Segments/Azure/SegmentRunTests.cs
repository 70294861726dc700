using CsCheck;
using DChat.Core;
using DChat.Core.Shards;
using DChat.Storage.Tests.Log.Azure;
using static DChat.Storage.Tests.Log.Local.TestLog;

namespace DChat.Storage.Tests.Segments.Azure;

/// <summary>
/// A model against log and segments of one shard, on silos that take it from one another, die and come back, while requests and answers are
/// lost or refused at any point: what was acknowledged is there for ever, once, under its sequences, in the log or in a segment.
/// </summary>
public sealed class SegmentRunTests(AzuriteServer server)
{
    [Fact]
    public async Task Every_acknowledged_message_survives_whatever_becomes_of_a_sealing_exactly_once() =>
        await Gen.Int.SampleAsync(seed => new Run(seed, server.NewContainer()).RunAsync(), iter: 1, threads: 1);

    private sealed class Run(int seed, TestContainer container)
    {
        private const int Silos = 5;
        private const int Rounds = 6;

        private readonly Random _random = new(seed);
        private readonly List<ShardAppend> _kept = [];
        private readonly List<TestSilo> _dead = [];
        private ShardAppend? _unknown;
        private OpenShard? _stale;
        private int _nextSeed = 1;
        private ulong _epoch;

        public async Task RunAsync()
        {
            for (var start = 0; start < Silos; start++)
            {
                var silo = await TestSilo.StartAsync(container, options => options.BlobBlocks = 3);
                _dead.Add(silo);
                await UseAsync(silo);
            }

            await using (var last = await TestSilo.StartAsync(container))
            {
                await CheckAsync(await last.OpenAsync());
            }

            foreach (var silo in _dead)
            {
                await silo.DisposeAsync();
            }
        }

        private async Task UseAsync(TestSilo silo)
        {
            OpenShard shard;
            try
            {
                shard = await silo.OpenAsync();
                await CheckAsync(shard);
                ScheduleFault(silo);
                for (var round = 0; round < Rounds; round++)
                {
                    if (!await AppendAsync(shard))
                    {
                        break;
                    }

                    await SealAsync(shard);

                    // Who had the shard before wakes up, and does not know.
                    await (_stale is { } stale && _random.Next(3) == 0 ? SealAsync(stale) : Task.CompletedTask);
                    if (_random.Next(4) == 0)
                    {
                        shard = await silo.OpenAsync();
                        await CheckAsync(shard);
                    }
                }

                _stale = shard;
            }
            catch (DChatException e) when (e.IsTransient)
            {
                // The fault hit an opening.
            }

            if (_random.Next(2) == 0)
            {
                silo.Heal();
            }
        }

        private void ScheduleFault(TestSilo silo)
        {
            var calls = _random.Next(1, 80);
            var (lasts, trouble) = (_random.Next(3), DrawTrouble());
            silo.Faults.On = _ => (Interlocked.Decrement(ref calls), lasts) switch
            {
                ( <= 0, 0) => trouble,
                (0, 1) => trouble,
                ( <= 0 and > -10, 2) => trouble,
                _ => null,
            };
        }

        private async Task<bool> AppendAsync(OpenShard shard)
        {
            var batch = Batch(shard.Open.Head + 1, 1, _nextSeed++, [.. Enumerable.Range(0, _random.Next(1, 6)).Select(_ => _random.Next(1, 5_000))]);
            switch (await shard.AppendAsync(batch))
            {
                case AppendOutcome.Durable:
                    _kept.Add(batch);
                    return true;
                case AppendOutcome.Failed:
                    _unknown = batch;
                    return false;
                case AppendOutcome.Busy:
                    return true;
                default:
                    return false;
            }
        }

        private async Task SealAsync(OpenShard shard)
        {
            var percent = _random.Next(50, 101);
            try
            {
                await shard.SealAsync(++_epoch, _ => _random.Next(100) < percent);
            }
            catch (DChatException e) when (e.IsTransient)
            {
                // It is tried again.
            }
            finally
            {
                shard.Release();
            }
        }

        private Trouble DrawTrouble() => _random.Next(5) switch
        {
            0 => Trouble.RequestLost,
            1 => Trouble.AnswerLost,
            2 => Trouble.Answered(500),
            3 => Trouble.Answered(500) with { IsDone = true },
            _ => Trouble.Answered(503),
        };

        private async Task CheckAsync(OpenShard shard)
        {
            if (_unknown is { } batch && shard.Open.Head >= batch.FirstSequence)
            {
                // Once it is served it counts as acknowledged.
                _kept.Add(batch);
            }

            _unknown = null;
            await SealedModel.AssertHoldsAsync(shard, _kept);
        }
    }
}
