namespace DChat.Core.Identity;

/// <summary>What the first entry of a device log says beside its signer, the first device.</summary>
/// <param name="Box">The X25519 key of the device.</param>
/// <param name="Recovery">The Ed25519 key that settles forks and adds devices when all are lost; null when there is none.</param>
/// <param name="Salt">16 random bytes.</param>
public sealed record FirstDevice(BoxKey Box, Bytes32? Recovery, UInt128 Salt);
