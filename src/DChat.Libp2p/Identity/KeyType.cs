namespace DChat.Libp2p.Identity;

/// <summary>The algorithm of a key, as <c>KeyType</c> of peer-ids.md numbers them.</summary>
public enum KeyType
{
    /// <summary>RSA; the key is a DER SubjectPublicKeyInfo.</summary>
    Rsa = 0,

    /// <summary>Ed25519; 32 bytes.</summary>
    Ed25519 = 1,

    /// <summary>ECDSA over secp256k1; 33 bytes, compressed.</summary>
    Secp256k1 = 2,

    /// <summary>ECDSA over P-256; a DER SubjectPublicKeyInfo.</summary>
    Ecdsa = 3,
}
