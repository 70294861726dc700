using System.Buffers.Binary;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Multiformats;
using DChat.Libp2p.Protocols.Gossipsub;
using DChat.Libp2p.Protocols.Gossipsub.Routing;
using DChat.Libp2p.Protocols.Gossipsub.Wire;

namespace DChat.Libp2p.Tests.Protocols.Gossip;

/// <summary>
/// Routers on a simulated network, all from one seed. A link delivers in order after a random delay; of messages and of
/// talk about ids it loses a share, as full queues do, but nothing of subscriptions and mesh changes.
/// </summary>
internal sealed class SimulatedNetwork
{
    public const string Topic = "t";

    private static readonly TimeSpan MaxDelay = TimeSpan.FromMilliseconds(200);

    private readonly Random _random;
    private readonly double _loss;
    private readonly GossipRouter[] _routers;
    private readonly Dictionary<PeerId, int> _numbers = [];
    private readonly PeerId[] _ids;
    private readonly PriorityQueue<(int From, int To, GossipEffect Effect), (TimeSpan At, long Order)> _underway = new();
    private readonly Dictionary<(int From, int To), TimeSpan> _last = [];
    private readonly HashSet<GossipMessageId>[] _delivered;
    private readonly TimeSpan[] _nextBeat;
    private long _order;

    public SimulatedNetwork(int seed, int nodes, int degree, double loss, GossipsubOptions options)
    {
        _random = new Random(seed);
        _loss = loss;
        _ids = [.. Enumerable.Range(0, nodes).Select(n => PeerId.FromBytes(Multihash.Sha256(BitConverter.GetBytes(n))))];
        _routers = [.. _ids.Select((_, n) => new GossipRouter(options, seed + n))];
        _delivered = [.. _ids.Select(_ => new HashSet<GossipMessageId>())];
        _nextBeat = [.. _ids.Select(_ => TimeSpan.FromSeconds(_random.NextDouble()))];
        for (var n = 0; n < nodes; n++)
        {
            _numbers[_ids[n]] = n;
            _routers[n].Join(Topic, TimeSpan.Zero);
        }

        for (var n = 0; n < nodes; n++)
        {
            // A ring, so that the network is whole, and random links beside.
            Connect(n, (n + 1) % nodes);
            for (var i = 2; i < degree; i += 2)
            {
                Connect(n, _random.Next(nodes));
            }
        }
    }

    public TimeSpan Now { get; private set; }

    public IReadOnlyList<GossipRouter> Routers => _routers;

    public IReadOnlySet<GossipMessageId> Delivered(int node) => _delivered[node];

    public IReadOnlySet<int> MeshOf(int node) => _routers[node].MeshOf(Topic).Select(p => _numbers[p]).ToHashSet();

    public int NeighboursOf(int node) => _routers[node].Peers.Count;

    public GossipMessageId Publish(int node, int number)
    {
        var data = new byte[2000];
        BinaryPrimitives.WriteInt32BigEndian(data, number);
        var packet = GossipPacket.Create(GossipMessageIds.OfContent(Topic, data, default, default), Topic, data);
        Assert.True(_routers[node].Publish(packet, Now));
        Carry(node);
        return packet.Id;
    }

    public void Run(TimeSpan duration)
    {
        var end = Now + duration;
        while (true)
        {
            var beat = Array.IndexOf(_nextBeat, _nextBeat.Min());
            var arrives = _underway.TryPeek(out _, out var next) ? next.At : TimeSpan.MaxValue;
            Now = arrives < _nextBeat[beat] ? arrives : _nextBeat[beat];
            if (Now > end)
            {
                Now = end;
                return;
            }

            if (arrives <= Now)
            {
                var (from, to, effect) = _underway.Dequeue();
                Arrive(from, to, effect);
            }
            else
            {
                _nextBeat[beat] += TimeSpan.FromSeconds(1);
                _routers[beat].Heartbeat(Now);
                Carry(beat);
            }
        }
    }

    private void Connect(int from, int to)
    {
        if (from != to && !_routers[from].Peers.Contains(_ids[to]))
        {
            _routers[from].TryAddPeer(_ids[to], 2, isDialed: true);
            _routers[to].TryAddPeer(_ids[from], 2, isDialed: false);
            _routers[from].Greet(_ids[to], 2);
            _routers[to].Greet(_ids[from], 2);
            Carry(from);
            Carry(to);
        }
    }

    private void Carry(int from)
    {
        var effects = _routers[from].Effects.ToArray();
        _routers[from].Effects.Clear();
        foreach (var effect in effects)
        {
            var to = _numbers[effect.Peer];
            if (effect.Kind == GossipEffectKind.Validate)
            {
                // A verdict takes its time, too.
                _delivered[from].Add(effect.Packet!.Id);
                Schedule(from, from, effect);
            }
            else if (effect.Kind is not (GossipEffectKind.PeerSubscribed or GossipEffectKind.PeerUnsubscribed)
                && !(effect.Kind is GossipEffectKind.Send or GossipEffectKind.Gossip && _random.NextDouble() < _loss))
            {
                Schedule(from, to, effect);
            }
        }
    }

    private void Schedule(int from, int to, GossipEffect effect)
    {
        var at = Now + (MaxDelay * _random.NextDouble());
        var last = _last.GetValueOrDefault((from, to));
        at = at < last ? last : at;
        _last[(from, to)] = at;
        _underway.Enqueue((from, to, effect), (at, _order++));
    }

    private void Arrive(int from, int to, GossipEffect effect)
    {
        var router = _routers[to];
        if (effect.Kind == GossipEffectKind.Validate)
        {
            router.Decide(effect.Packet!.Id, GossipVerdict.Accept);
            Carry(to);
            return;
        }

        var rpc = new GossipRpc();
        switch (effect.Kind)
        {
            case GossipEffectKind.Subscribe or GossipEffectKind.Unsubscribe:
                rpc.Subscriptions.Add((effect.Topic!, effect.Kind == GossipEffectKind.Subscribe));
                break;
            case GossipEffectKind.Graft:
                rpc.Graft.Add(effect.Topic!);
                break;
            case GossipEffectKind.Prune:
                rpc.Prune.Add((effect.Topic!, (ulong)effect.Backoff.TotalSeconds));
                break;
            case GossipEffectKind.Gossip when effect.Ids.Kind == GossipKind.Ihave:
                rpc.Ihave.Add((effect.Ids.Topic!, effect.Ids.Ids.ToArray()));
                break;
            case GossipEffectKind.Gossip:
                (effect.Ids.Kind == GossipKind.Iwant ? rpc.Iwant : rpc.Idontwant).AddRange(effect.Ids.Ids.Span);
                break;
        }

        router.HandleSubscriptions(_ids[from], rpc);
        if (effect.Kind == GossipEffectKind.Send)
        {
            router.Receive(_ids[from], effect.Packet!, Now);
        }

        router.HandleControl(_ids[from], rpc, Now);
        Carry(to);
    }
}
