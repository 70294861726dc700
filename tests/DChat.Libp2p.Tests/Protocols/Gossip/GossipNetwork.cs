using System.Buffers.Binary;
using System.Globalization;
using DChat.Libp2p.Protocols.Gossip;
using DChat.Libp2p.Protocols.Gossip.Routing;
using DChat.Testing.Simulation;

namespace DChat.Libp2p.Tests.Protocols.Gossip;

/// <summary>Numbered routers that all take part in one topic, linked in a ring and at random beside it.</summary>
internal sealed class GossipNetwork
{
    public const string Topic = "t";

    private readonly SimulatedRouter[] _nodes;
    private readonly HashSet<GossipMessageId>[] _delivered;

    public GossipNetwork(Simulator simulator, int nodes, int degree, double loss, GossipsubOptions options)
    {
        var network = new SimulatedNetwork(simulator) { Loss = loss };
        _delivered = [.. Enumerable.Range(0, nodes).Select(_ => new HashSet<GossipMessageId>())];
        _nodes = [.. Enumerable.Range(0, nodes).Select(n => new SimulatedRouter(simulator, network, $"{n}", options))];
        for (var n = 0; n < nodes; n++)
        {
            var delivered = _delivered[n];
            _nodes[n].Judge = packet =>
            {
                delivered.Add(packet.Id);
                return GossipVerdict.Accept;
            };
            _nodes[n].Router.Join(Topic, TimeSpan.Zero);
            network.Up(_nodes[n]);
        }

        for (var n = 0; n < nodes; n++)
        {
            // A ring, so that the network is whole, and random links beside.
            network.Link($"{n}", $"{(n + 1) % nodes}");
            for (var i = 2; i < degree; i += 2)
            {
                network.Link($"{n}", $"{simulator.Random.Next(nodes)}");
            }
        }
    }

    public IReadOnlyList<GossipRouter> Routers => Array.ConvertAll(_nodes, node => node.Router);

    public IReadOnlySet<GossipMessageId> Delivered(int node) => _delivered[node];

    public IReadOnlySet<int> MeshOf(int node) =>
        _nodes[node].MeshOf(Topic).Select(name => int.Parse(name, CultureInfo.InvariantCulture)).ToHashSet();

    public int NeighboursOf(int node) => _nodes[node].Router.Peers.Count;

    public GossipMessageId Publish(int node, int number)
    {
        var data = new byte[2000];
        BinaryPrimitives.WriteInt32BigEndian(data, number);
        Assert.True(_nodes[node].TryPublish(Topic, data, out var id));
        return id;
    }
}
