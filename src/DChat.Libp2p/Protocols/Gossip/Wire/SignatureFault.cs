namespace DChat.Libp2p.Protocols.Gossip.Wire;

/// <summary>Why a message is refused by its topic's signature policy.</summary>
internal enum SignatureFault
{
    /// <summary>It names no author, has no sequence number or no signature.</summary>
    Missing,

    /// <summary>Author or sequence number cannot be read, or the key is not the author's.</summary>
    Malformed,

    /// <summary>The signature is not the author's over this message.</summary>
    Wrong,

    /// <summary>The author's key is of a kind that is not verified here, such as of another curve. Other peers may: it is nobody's fault.</summary>
    UnknownKey,

    /// <summary>
    /// The signature is right, but has the high s of two (BIP 62), which anybody can make of the low one. js refuses it, go takes
    /// and forwards it: it is nobody's fault, and is not sent on.
    /// </summary>
    HighS,
}
