using DChat.Core.Relays;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;

namespace DChat.Gateway.Discovery;

/// <summary>A gateway of another relay that was found in the DHT, by a record that held when it was read.</summary>
/// <param name="Peer">The gateway.</param>
/// <param name="Relay">The relay that it speaks for.</param>
/// <param name="Addresses">Where it says it is, the best first.</param>
/// <param name="MadeAt">When it said so.</param>
/// <param name="NotAfter">Until when that holds.</param>
internal sealed record DiscoveredGateway(
    PeerId Peer, RelayId Relay, IReadOnlyList<Multiaddr> Addresses, DateTimeOffset MadeAt, DateTimeOffset NotAfter);
