using System.Buffers.Binary;
using System.Text;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Multiformats;
using DChat.Libp2p.Protocols.Gossip;
using DChat.Libp2p.Protocols.Gossip.Routing;
using DChat.Libp2p.Protocols.Gossip.Wire;

namespace DChat.Libp2p.Tests.Protocols.Gossip;

/// <summary>Many peers of a router without a host: what a transcript would be too long for.</summary>
internal static class RouterPeers
{
    public static PeerId Peer(string name) => PeerId.FromBytes(Multihash.Sha256(Encoding.UTF8.GetBytes(name)));

    public static GossipMessageId Id(int number)
    {
        Span<byte> bytes = stackalloc byte[20];
        BinaryPrimitives.WriteInt32BigEndian(bytes, number);
        return new GossipMessageId(bytes);
    }

    public static GossipPacket Packet(string topic, int number) => GossipPacket.Create(Id(number), topic, "x"u8);

    /// <summary>A peer that came from an address, and to which a stream is open.</summary>
    public static PeerId Connect(this GossipRouter router, string name, string address = "/ip4/192.0.2.1/tcp/1")
    {
        var peer = Peer(name);
        Assert.True(router.TryAddPeer(peer, 2, isDialed: false, [Multiaddr.Parse(address)], TimeSpan.Zero));
        router.Greet(peer, 2, TimeSpan.Zero);
        router.Effects.Clear();
        return peer;
    }

    public static void Subscribe(this GossipRouter router, PeerId peer, params string[] topics)
    {
        var rpc = new GossipRpc();
        rpc.Subscriptions.AddRange(topics.Select(t => (t, true)));
        router.HandleSubscriptions(peer, rpc, TimeSpan.Zero);
        router.Effects.Clear();
    }

    public static void Prune(this GossipRouter router, PeerId peer, TimeSpan now, ulong seconds, params string[] topics)
    {
        var rpc = new GossipRpc();
        rpc.Prune.AddRange(topics.Select(t => (t, seconds)));
        router.HandleControl(peer, rpc, now);
    }

    public static void Graft(this GossipRouter router, PeerId peer, TimeSpan now, params string[] topics)
    {
        var rpc = new GossipRpc();
        rpc.Graft.AddRange(topics);
        router.HandleControl(peer, rpc, now);
    }
}
