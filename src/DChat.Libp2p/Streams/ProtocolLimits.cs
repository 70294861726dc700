
using DChat.Libp2p.Swarm;

namespace DChat.Libp2p.Streams;

/// <summary>How many streams of one protocol a peer may have, over all of its connections. The defaults are those of js for one connection.</summary>
/// <param name="MaxInbound">Streams the peer opened; one more is refused, and a peer that knows error codes sees <see cref="Libp2pErrorCodes.LimitReached"/>. At least 0.</param>
/// <param name="MaxOutbound">Streams this side opened; one more fails. At least 0. The option <c>OutboundStreams</c> overrides it.</param>
/// <param name="OnLimited">Whether streams may use a connection that a relay lends (<see cref="PeerConnection.IsLimited"/>).</param>
public sealed record ProtocolLimits(int MaxInbound = 32, int MaxOutbound = 64, bool OnLimited = false)
{
    /// <summary>32 in, 64 out.</summary>
    public static ProtocolLimits Default { get; } = new();
}
