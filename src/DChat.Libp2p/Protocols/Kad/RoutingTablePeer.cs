using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Protocols.Kad;

/// <summary>A peer in the routing table, as it was when asked for.</summary>
/// <param name="Peer">The peer.</param>
/// <param name="Bucket">Leading bits that it shares with this host, 0 to 255.</param>
/// <param name="SinceAnswer">Time since its last answer.</param>
/// <param name="Failures">Requests in a row that it has not answered since.</param>
/// <param name="Groups">The networks it counts to.</param>
public sealed record RoutingTablePeer(PeerId Peer, int Bucket, TimeSpan SinceAnswer, int Failures, IReadOnlyList<string> Groups);
