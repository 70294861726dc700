using DChat.Core.Envelopes;
using DChat.Core.Protocol;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Libp2p.Protocols.Gossip;
using DChat.Libp2p.Protocols.Gossip.Wire;
using DChat.Storage.Log.Local;

namespace DChat.Simulation.Tests.Relays;

/// <summary>
/// A relay from one start to its end: a log on its disk, a machine for each shard, and a gossip router. As in the gateway a
/// gossiped message goes on to the mesh before it is durable here; what becomes durable is published after.
/// </summary>
internal sealed class RelayProcess
{
    private readonly Simulator _simulator;
    private readonly SimulatedRelay _relay;
    private readonly GossipPromises _promises;
    private readonly SimulatedDisk _disk;
    private readonly LocalShardLog _log;
    private readonly SimulatedShard[] _shards;
    private bool _hasEnded;

    /// <summary>Opens the log, checks what it serves, and goes on the network.</summary>
    /// <exception cref="DChat.Core.DChatException">The log cannot be opened.</exception>
    public RelayProcess(Simulator simulator, SimulatedNetwork network, GossipPromises promises, SimulatedRelay relay, SimulatedDisk disk)
    {
        (_simulator, _promises, _relay, _disk) = (simulator, promises, relay, disk);
        _log = LocalShardLog.Open(Options(), disk, logger: null);
        Syncs = new SimulatedSyncs(simulator, disk);
        _shards = [.. Enumerable.Range(0, SimulatedRelay.Network.ShardCount).Select(shard => OpenShard(new ShardId((ushort)shard)))];
        Syncs.Start();

        // Few relays: each is told of every message twice over, by the mesh and by its publisher.
        Router = new SimulatedRouter(simulator, network, relay.Name, new GossipsubOptions()) { Judge = Judge };
        Router.Lost = (to, packet) => promises.Lost(relay.Name, to, packet.Id);
        for (var shard = 0; shard < _shards.Length; shard++)
        {
            Router.Router.Join(TopicOf(shard), simulator.Now);
        }

        network.Up(Router);
    }

    public SimulatedSyncs Syncs { get; }

    public SimulatedRouter Router { get; }

    /// <summary>Offers messages of one topic, and answers unless the process ends before.</summary>
    public void Offer(EnvelopeBatch envelopes, Door door, Action<OfferResult[]> answer)
    {
        Assert.Equal(RejectionCode.None, Envelope.TryRead(envelopes.Envelopes.First().Span, out var view));
        var shard = view.TopicTag.ShardOf(SimulatedRelay.Network.ShardBits);
        _shards[shard.Value].Offer(envelopes, door, results =>
        {
            foreach (var (envelope, result) in envelopes.Envelopes.Zip(results))
            {
                Settled(shard, envelope.Span, door, result);
            }

            answer(results);
        });
    }

    /// <summary>The process ends; what it still had in memory is lost.</summary>
    public void End()
    {
        _hasEnded = true;
        Router.Stop();
        Syncs.End();
        _log.Dispose();
    }

    private static LocalShardLogOptions Options() => new()
    {
        Directory = "/data",
        Network = SimulatedRelay.Network.Network,
        ShardBits = SimulatedRelay.Network.ShardBits,
        SegmentBytes = LocalShardLogOptions.MinSegmentBytes,

        // Only when it closes: a checkpoint runs beside the commits, and would make a seed's runs differ.
        CheckpointBytes = LocalShardLogOptions.MaxCheckpointBytes,
    };

    private static string TopicOf(int shard) => GossipTopics.Of(SimulatedRelay.Network, new ShardId((ushort)shard));

    private SimulatedShard OpenShard(ShardId shard)
    {
        var writer = _log.OpenAsync(shard, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        var index = writer.ReplayIndexAsync(sealedMessages: null, salt: 1, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        _relay.Record.Check(shard, writer, index.Snapshot());
        _simulator.Note($"{_relay.Name} opens shard {shard} at {index.Head}");
        return new SimulatedShard(writer, index, Syncs)
        {
            Publish = runs => Publish(shard, runs),
            Failed = () => _simulator.After(TimeSpan.Zero, () => EndFailed()),
        };
    }

    // A relay whose log has failed ends with a code other than 0, and is started again.
    private void EndFailed()
    {
        if (!_hasEnded)
        {
            _relay.Kill();
        }
    }

    private void Settled(ShardId shard, ReadOnlySpan<byte> envelope, Door door, OfferResult result)
    {
        var id = MessageId.Compute(envelope);
        _simulator.Note($"{_relay.Name} settles {id} by {door}: {result.Rejection.ToCode()} {result.Sequence}{(result.IsDuplicate ? " again" : "")}");
        if (result.Rejection == RejectionCode.None)
        {
            Assert.True(_disk.HoldsDurably(envelope), $"{_relay.Name} acknowledges {id}, which a power loss would take.");
            _relay.Record.Said(id, shard, result.Sequence);
        }
    }

    private void Publish(ShardId shard, IReadOnlyList<MessageRun> runs)
    {
        foreach (var envelope in runs.SelectMany(run => run.Envelopes.Envelopes))
        {
            var id = MessageId.Compute(envelope.Span);
            Assert.True(_disk.HoldsDurably(envelope.Span), $"{_relay.Name} gossips {id}, which a power loss would take.");
            if (Router.TryPublish(TopicOf(shard.Value), envelope.Span, out var gossipId))
            {
                _simulator.Note($"{_relay.Name} gossips {id}");
                _promises.Make(_relay, gossipId, id);
            }
        }
    }

    private GossipVerdict Judge(GossipPacket packet)
    {
        Keep(EnvelopeBatch.Pack([packet.Data]));
        return GossipVerdict.Accept;
    }

    private void Keep(EnvelopeBatch envelope)
    {
        if (!_hasEnded)
        {
            Offer(envelope, Door.Gossip, results =>
            {
                if (results[0].Rejection.IsTransient())
                {
                    _simulator.After(TimeSpan.FromMilliseconds(results[0].Rejection.RetryAfterMilliseconds()), () => Keep(envelope));
                }
            });
        }
    }
}
