using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Noise;

/// <summary>What a Noise handshake ends with.</summary>
/// <param name="Identity">The peer's proven key.</param>
/// <param name="Muxer">The multiplexer agreed on in the handshake; null when it is still to be negotiated.</param>
/// <param name="Stream">The secured bytes.</param>
internal sealed record NoiseChannel(PublicKey Identity, string? Muxer, NoiseStream Stream);
