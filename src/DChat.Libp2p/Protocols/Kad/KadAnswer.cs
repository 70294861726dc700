using DChat.Libp2p.Addresses;
using DChat.Libp2p.Protocols.Kad.Wire;

namespace DChat.Libp2p.Protocols.Kad;

/// <summary>An answer, and where it came from.</summary>
/// <param name="Message">The answer.</param>
/// <param name="From">Where the peer that gave it is connected.</param>
internal sealed record KadAnswer(KadMessage Message, Multiaddr From);
