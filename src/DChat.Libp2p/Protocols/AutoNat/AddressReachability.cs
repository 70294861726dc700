using DChat.Libp2p.Addresses;

namespace DChat.Libp2p.Protocols.AutoNat;

/// <summary>What servers have found out about one address of this host.</summary>
/// <param name="Address">The address, without <c>/p2p</c>.</param>
/// <param name="Reachability">What it comes to.</param>
/// <param name="Reached">Networks whose servers have reached this host there, by their latest answers.</param>
/// <param name="Failed">Networks whose servers have tried in vain, by their latest answers.</param>
/// <param name="SettledAt">When <paramref name="Reachability"/> was last settled or confirmed; null while it is unknown.</param>
public sealed record AddressReachability(Multiaddr Address, Reachability Reachability, int Reached, int Failed, DateTimeOffset? SettledAt);
