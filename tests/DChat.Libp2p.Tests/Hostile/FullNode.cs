using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.CircuitRelay;
using DChat.Libp2p.Protocols.Gossip;
using DChat.Libp2p.Protocols.Kad;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Tests.Host;
using DChat.Libp2p.Tests.Protocols.Kad;

namespace DChat.Libp2p.Tests.Hostile;

/// <summary>A host with everything on.</summary>
internal sealed class FullNode(Libp2pHost host, Gossipsub gossip, KademliaDht dht, CircuitRelayService relay) : IAsyncDisposable
{
    public const string Topic = "t";
    public const string Echo = "/echo/1";

    public Libp2pHost Host => host;

    public Gossipsub Gossip => gossip;

    public KademliaDht Dht => dht;

    public CircuitRelayService Relay => relay;

    public PeerId Peer => host.LocalPeer;

    /// <summary>Where others are that listen through it.</summary>
    public Multiaddr Through => Multiaddr.Parse($"{host.Address()}/p2p-circuit");

    /// <summary>What is left of connections: nothing, when all have gone.</summary>
    public string Left =>
        $"{host.Connections.Count} connections, {host.PendingInbound} being set up, {host.DialPlaces.Taken}+{host.DialPlaces.Waiting} dials, "
        + $"{gossip.Peers.Count} peers and {gossip.PeersOf(Topic).Count + gossip.MeshOf(Topic).Count} interests of gossip, {relay.CircuitCount} circuits";

    public static string Nothing => "0 connections, 0 being set up, 0+0 dials, 0 peers and 0 interests of gossip, 0 circuits";

    /// <summary>Work in the background.</summary>
    public int Tasks => host.RunningTasks + gossip.RunningTasks;

    public static async Task<FullNode> StartAsync(TestNetwork network, string name, TimeProvider time, FullNode? bootstrap = null, Action<Libp2pOptions>? configure = null)
    {
        var host = await network.StartAsync(
            name,
            o =>
            {
                o.Connections.Handshakes.TotalBurst = 10_000;
                o.LimitedProtocols.Add(Echo);
                configure?.Invoke(o);
            },
            time);
        host.SetStreamHandler(Echo, TestHosts.EchoAsync, new ProtocolLimits(OnLimited: true));
        var gossip = new Gossipsub(host, new GossipsubOptions { FloodPublish = true }, time);
        await gossip.StartAsync(TestContext.Current.CancellationToken);
        gossip.Subscribe(Topic, new GossipTopicOptions { Validator = (_, _) => ValueTask.FromResult(GossipVerdict.Accept) });
        var dht = new KademliaDht(host, KadNode.Options(bootstrap?.Host));
        await dht.StartAsync(TestContext.Current.CancellationToken);
        return new FullNode(host, gossip, dht, new CircuitRelayService(host));
    }

    public async ValueTask DisposeAsync()
    {
        relay.Dispose();
        await dht.DisposeAsync();
        await gossip.DisposeAsync();
        await host.DisposeAsync();
    }
}
