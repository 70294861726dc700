using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Swarm;

namespace DChat.Libp2p.Tests.Peers;

/// <summary>Stores and peers for tests.</summary>
internal static class PeerStores
{
    public static PeerStore Create(TimeProvider time, int vouched = 4, int connected = 4, int good = 4, int heardOf = 4, IPeerFilter? filter = null) =>
        new(new PeerStoreLimits { MaxVouched = vouched, MaxGood = good, MaxHeardOf = heardOf }, connected, filter ?? new Everyone(), time);

    /// <summary>The same number is the same peer.</summary>
    public static PeerId Peer(int number) => PeerId.FromBytes([0x12, 0x20, .. BitConverter.GetBytes(number), .. new byte[28]]);

    public static Multiaddr Address(int number) => Multiaddr.Parse($"/ip4/8.8.8.8/tcp/{number}");

    public static void HearOf(this PeerStore store, int number) => Assert.True(store.TryAddCandidate(Peer(number), [Address(number)]));

    public static void Connect(this PeerStore store, int number) => store.Connected(Peer(number), []);

    private sealed class Everyone : IPeerFilter;
}
