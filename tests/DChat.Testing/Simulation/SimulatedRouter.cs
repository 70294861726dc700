using DChat.Libp2p.Identity;
using DChat.Libp2p.Multiformats;
using DChat.Libp2p.Protocols.Gossip;
using DChat.Libp2p.Protocols.Gossip.Routing;
using DChat.Libp2p.Protocols.Gossip.Wire;

namespace DChat.Testing.Simulation;

/// <summary>
/// A gossip router as a node of a <see cref="SimulatedNetwork"/>. Messages and talk about ids are lossy, as full queues make
/// them; subscriptions and mesh changes are not. A verdict takes its time, too.
/// </summary>
internal sealed class SimulatedRouter : ISimulatedNode
{
    private const int Version = 2;

    private readonly Simulator _simulator;
    private readonly SimulatedNetwork _network;
    private readonly Dictionary<PeerId, string> _names = [];
    private readonly TimeSpan _interval;
    private bool _isStopped;

    /// <summary>Starts its heartbeats; it is on the network only after <see cref="SimulatedNetwork.Up"/>.</summary>
    public SimulatedRouter(Simulator simulator, SimulatedNetwork network, string name, GossipsubOptions options)
    {
        (_simulator, _network, Name, _interval) = (simulator, network, name, options.HeartbeatInterval);
        Id = IdOf(name);
        Router = new GossipRouter(options, simulator.Random.Next());
        simulator.After(simulator.Draw(_interval), Beat);
    }

    public string Name { get; }

    public PeerId Id { get; }

    public GossipRouter Router { get; }

    /// <summary>Judges a message that is new to the router.</summary>
    public Func<GossipPacket, GossipVerdict> Judge { get; set; } = _ => GossipVerdict.Accept;

    /// <summary>Hears of a message that was sent to a node and lost by the link.</summary>
    public Action<string, GossipPacket>? Lost { get; set; }

    /// <summary>The nodes in the mesh of a topic.</summary>
    public IEnumerable<string> MeshOf(string topic) => Router.MeshOf(topic).Select(peer => _names[peer]);

    /// <summary>Publishes what the router has not seen yet.</summary>
    /// <param name="topic">Where.</param>
    /// <param name="data">The message.</param>
    /// <param name="id">Its id, from its content.</param>
    public bool TryPublish(string topic, ReadOnlySpan<byte> data, out GossipMessageId id)
    {
        id = GossipMessageIds.OfContent(topic, data, default, default);
        var isNew = Router.Publish(GossipPacket.Create(id, topic, data), _simulator.Now);
        Carry();
        return isNew;
    }

    /// <summary>Ends the heartbeats and drops the verdicts that are still due; it does not come back.</summary>
    public void Stop() => _isStopped = true;

    public void OnConnected(string other, bool isDialed)
    {
        var peer = IdOf(other);
        _names[peer] = other;
        Router.TryAddPeer(peer, Version, isDialed, [], _simulator.Now);
        Router.Greet(peer, Version, _simulator.Now);
        Carry();
    }

    public void OnDisconnected(string other)
    {
        Router.RemovePeer(IdOf(other), _simulator.Now);
        Carry();
    }

    private static PeerId IdOf(string name) => PeerId.FromBytes(Multihash.Sha256(System.Text.Encoding.UTF8.GetBytes(name)));

    private void Beat()
    {
        if (!_isStopped)
        {
            _simulator.After(_interval, Beat);
            Router.Heartbeat(_simulator.Now);
            Carry();
        }
    }

    private void Carry()
    {
        var effects = Router.Effects.ToArray();
        Router.Effects.Clear();
        foreach (var effect in effects)
        {
            switch (effect.Kind)
            {
                case GossipEffectKind.Validate:
                    _simulator.After(_simulator.Draw(_network.MaxDelay), () => Decide(effect.Packet!));
                    break;
                case GossipEffectKind.PeerSubscribed or GossipEffectKind.PeerUnsubscribed:
                    break;
                default:
                    Send(effect);
                    break;
            }
        }
    }

    private void Send(GossipEffect effect)
    {
        var to = _names[effect.Peer];
        var isLossy = effect.Kind is GossipEffectKind.Send or GossipEffectKind.Gossip;
        if (!_network.Send(Name, to, isLossy, () => ((SimulatedRouter)_network[to]).Arrive(Id, effect)) && effect.Packet is { } packet)
        {
            Lost?.Invoke(to, packet);
        }
    }

    private void Decide(GossipPacket packet)
    {
        if (!_isStopped)
        {
            Router.Decide(packet.Id, Judge(packet), _simulator.Now);
            Carry();
        }
    }

    private void Arrive(PeerId from, GossipEffect effect)
    {
        var rpc = RpcOf(effect);
        Router.HandleSubscriptions(from, rpc, _simulator.Now);
        if (effect.Kind == GossipEffectKind.Send)
        {
            Router.Receive(from, effect.Packet!, _simulator.Now);
        }

        Router.HandleControl(from, rpc, _simulator.Now);
        Carry();
    }

    private static GossipRpc RpcOf(GossipEffect effect)
    {
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

        return rpc;
    }
}
