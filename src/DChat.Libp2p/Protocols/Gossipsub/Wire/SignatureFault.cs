namespace DChat.Libp2p.Protocols.Gossip.Wire;

/// <summary>Why a message is refused by its topic's signature policy.</summary>
internal enum SignatureFault
{
    /// <summary>It names no author, has no sequence number or no signature.</summary>
    Missing,

    /// <summary>Author, sequence number or key cannot be read, or the key is not the author's.</summary>
    Malformed,

    /// <summary>The signature is not the author's over this message.</summary>
    Wrong,
}
