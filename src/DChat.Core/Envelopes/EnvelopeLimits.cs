using DChat.Core.Keys;

namespace DChat.Core.Envelopes;

/// <summary>The limits of an envelope.</summary>
public static class EnvelopeLimits
{
    /// <summary>The longest envelope in bytes, signature included: one libp2p stack caps an RPC at 64 KiB.</summary>
    public const int MaxBytes = 60 * 1024;

    /// <summary>The length of a nonce in bytes (XChaCha20-Poly1305).</summary>
    public const int NonceLength = 24;

    /// <summary>The length of a signature in bytes (Ed25519).</summary>
    public const int SignatureLength = LabelledSignature.Length;

    /// <summary>The shortest ciphertext in bytes: the authentication tag of an empty plaintext.</summary>
    public const int MinCiphertextLength = 16;

    /// <summary>The longest permit in bytes.</summary>
    public const int MaxPermitLength = 128;
}
