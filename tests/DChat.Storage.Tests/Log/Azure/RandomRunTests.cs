using CsCheck;
using DChat.Core;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Storage.Azure.Log;
using DChat.Storage.Tests.Log.Local;
using DChat.Testing.Log;
using static DChat.Storage.Tests.Log.Local.TestLog;

namespace DChat.Storage.Tests.Log.Azure;

/// <summary>
/// A model against several silos that open, fill and release one shard all at once, while requests and answers are lost or refused at any
/// point: what was acknowledged or served once is there, once, in its place; of the rest a batch is there whole or not at all. What was
/// released may be gone, from the oldest on.
/// </summary>
public sealed class RandomRunTests(AzuriteServer server)
{
    [Fact]
    public async Task Every_acknowledged_message_keeps_its_place_whoever_has_the_shard_and_whatever_is_lost() =>
        await Gen.Int.SampleAsync(seed => new Run(seed, server.NewContainer()).RunAsync(), iter: 3, threads: 1);

    private sealed class Run(int seed, TestContainer container)
    {
        private const int Silos = 3;
        private const int StepsPerSilo = 25;
        private const int TroubleInHundred = 6;

        private readonly Lock _gate = new();
        private readonly Random _random = new(seed);
        private readonly SortedDictionary<ulong, ShardAppend> _durable = [];
        private readonly List<ShardAppend> _unknown = [];
        private readonly Dictionary<ulong, MessageId> _seen = [];
        private ulong _head;
        private ulong _released;
        private int _nextSeed = 1;

        public async Task RunAsync()
        {
            await using (await container.OpenAsync())
            {
            }

            await Task.WhenAll(Enumerable.Range(0, Silos).Select(_ => Task.Run(UseAsync, Token)));
            await using var log = await container.OpenAsync();
            await CheckAsync(await OpenAsync(log));
        }

        private async Task UseAsync()
        {
            var faults = new FaultPolicy();
            await using var log = await container.OpenAsync(faults, options => options.BlobBlocks = 4);
            faults.On = _ => Draw(100) < TroubleInHundred ? DrawTrouble() : null;
            IndexedShardWriter? writer = null;
            for (var step = 0; step < StepsPerSilo; step++)
            {
                switch (Draw(8))
                {
                    case 0:
                        writer = null;
                        break;
                    case 1 when writer is not null:
                        Release(writer);
                        break;
                    default:
                        writer = writer is null ? await TryOpenAsync(log) : await AppendAsync(writer);
                        break;
                }
            }
        }

        private async Task<IndexedShardWriter?> TryOpenAsync(AzureShardLog log)
        {
            try
            {
                return await OpenAsync(log);
            }
            catch (DChatException e) when (e.IsTransient)
            {
                return null;
            }
        }

        private async Task<IndexedShardWriter> OpenAsync(AzureShardLog log)
        {
            ulong head;
            lock (_gate)
            {
                head = _head;
            }

            var writer = await TestContainer.OpenShardAsync(log);
            Assert.True(writer.Index.Head >= head, $"The head was {head} and is {writer.Index.Head}.");
            var snapshot = writer.Index.Snapshot();
            lock (_gate)
            {
                foreach (var message in snapshot.Messages)
                {
                    See(message.Sequence, message.Entry.Id);
                }
            }

            return writer;
        }

        // Null when the writer has to be opened anew.
        private async Task<IndexedShardWriter?> AppendAsync(IndexedShardWriter writer)
        {
            var batch = Batch(writer, 1, Interlocked.Increment(ref _nextSeed), [.. Enumerable.Range(0, 1 + Draw(3)).Select(_ => 1 + Draw(2_000))]);
            var outcome = await writer.AppendAsync(batch);
            lock (_gate)
            {
                switch (outcome)
                {
                    case AppendOutcome.Durable:
                        Assert.True(_durable.TryAdd(batch.FirstSequence, batch), $"Sequence {batch.FirstSequence} was acknowledged twice.");
                        for (var i = 0; i < batch.Entries.Count; i++)
                        {
                            See(batch.FirstSequence + (ulong)i, batch.Entries[i].Id);
                        }

                        return writer;
                    case AppendOutcome.Failed:
                        _unknown.Add(batch);
                        return null;
                    case AppendOutcome.Busy:
                        return writer;
                    default:
                        Assert.Equal(AppendOutcome.Fenced, outcome);
                        return null;
                }
            }
        }

        private void See(ulong sequence, MessageId id)
        {
            if (!_seen.TryAdd(sequence, id))
            {
                Assert.Equal(_seen[sequence], id);
            }

            _head = Math.Max(_head, sequence);
        }

        private void Release(IndexedShardWriter writer)
        {
            lock (_gate)
            {
                _released = Math.Max(_released, (ulong)_random.NextInt64((long)writer.Index.Head + 1));
                writer.Release(_released);
            }
        }

        private async Task CheckAsync(IndexedShardWriter writer)
        {
            var snapshot = writer.Index.Snapshot();
            var first = writer.Index.FirstSequence;
            Assert.True(first <= _released + 1, $"Released up to {_released}, and {first} is the first that is left.");
            Dictionary<MessageId, (ShardAppend Batch, int At)> known = _durable.Values.Concat(_unknown)
                .SelectMany(batch => batch.Entries.Select((entry, at) => (entry.Id, (batch, at))))
                .ToDictionary(pair => pair.Id, pair => pair.Item2);
            var messages = snapshot.Messages.ToList();
            foreach (var message in messages)
            {
                var (batch, at) = known[message.Entry.Id];
                Assert.Equal(message.Sequence, batch.FirstSequence + (ulong)at);
                Assert.Equal(batch.TopicSequences[at], message.TopicSequence);
            }

            foreach (var batch in _durable.Values.Where(batch => batch.FirstSequence >= first))
            {
                Assert.Equal(batch.Entries, Enumerable.Range(0, batch.Entries.Count).Select(i => snapshot[batch.FirstSequence + (ulong)i].Entry));
            }

            var there = messages.Select(message => known[message.Entry.Id].Batch).Distinct().ToList();
            Assert.All(there.Where(batch => batch.FirstSequence >= first), batch => Assert.Equal(batch.Entries.Count, messages.Count(message => known[message.Entry.Id].Batch == batch)));
            var read = await writer.ReadAsync(snapshot, messages.Select(message => message.Sequence).ToArray(), Token);
            Assert.Empty(read.Holes);
            Assert.Equal(messages.SelectMany(message => EnvelopeOf(known[message.Entry.Id])), read.Bytes);
        }

        private static byte[] EnvelopeOf((ShardAppend Batch, int At) message) =>
            message.Batch.Bytes().AsSpan(message.Batch.Entries.Take(message.At).Sum(entry => entry.Length), message.Batch.Entries[message.At].Length).ToArray();

        private Trouble DrawTrouble() => Draw(6) switch
        {
            0 => Trouble.RequestLost,
            1 => Trouble.AnswerLost,
            2 => Trouble.Answered(500),
            3 => Trouble.Answered(500) with { IsDone = true },
            4 => Trouble.Answered(503),
            _ => Trouble.Answered(429),
        };

        private int Draw(int below)
        {
            lock (_gate)
            {
                return _random.Next(below);
            }
        }
    }
}
