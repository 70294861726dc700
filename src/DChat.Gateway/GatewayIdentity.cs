using DChat.Core;
using DChat.Core.Keys;
using DChat.Core.Relays;
using DChat.Core.Statements;

namespace DChat.Gateway;

/// <summary>Who a gateway is and for whom it speaks.</summary>
/// <param name="relay">The relay it serves.</param>
/// <param name="seed32">The 32-byte Ed25519 seed of its libp2p identity.</param>
/// <param name="delegation">The relay's delegation to it, as it stands when asked; renewed while the gateway runs.</param>
/// <param name="peerFile">The file that keeps the peers it does well with over a restart; null when nothing is kept.</param>
public sealed class GatewayIdentity(
    RelayId relay, ReadOnlyMemory<byte> seed32, Func<Signed<GatewayDelegation>> delegation, string? peerFile = null) : IDisposable
{
    /// <summary>The relay it serves.</summary>
    public RelayId Relay { get; } = relay;

    /// <summary>The 32-byte Ed25519 seed of its libp2p identity. A secret.</summary>
    public ReadOnlyMemory<byte> Seed { get; } = seed32;

    /// <summary>Signs what it promises.</summary>
    public SigningKey Key { get; } = SigningKey.FromSeed(seed32.Span);

    /// <summary>The public half, which its PeerId is made of.</summary>
    public Bytes32 PublicKey => Key.PublicKey;

    /// <summary>The relay's delegation, valid now.</summary>
    public Signed<GatewayDelegation> Delegation => delegation();

    /// <summary>The file that keeps the peers it does well with over a restart; null when nothing is kept.</summary>
    public string? PeerFile { get; } = peerFile;

    /// <summary>Wipes the key.</summary>
    public void Dispose() => Key.Dispose();
}
