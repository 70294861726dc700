using DChat.Libp2p.Addresses;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Swarm;

namespace DChat.Libp2p.Protocols.Identify;

/// <summary>What identify needs of its host.</summary>
/// <param name="Describe">What to tell a peer on a connection.</param>
/// <param name="OpenAsync">Opens a stream of a protocol.</param>
/// <param name="Publish">Reports an event.</param>
/// <param name="Observe">Takes in where a peer sees this host.</param>
/// <param name="Peers">Where what is learnt goes.</param>
/// <param name="Time">The clock.</param>
internal sealed record IdentifyContext(
    Func<PeerConnection, IdentifyMessage> Describe,
    Func<PeerConnection, string, CancellationToken, Task<Libp2pStream>> OpenAsync,
    Action<PeerEvent> Publish,
    Action<PeerConnection, Multiaddr> Observe,
    PeerStore Peers,
    TimeProvider Time);
