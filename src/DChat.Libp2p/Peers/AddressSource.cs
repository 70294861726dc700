namespace DChat.Libp2p.Peers;

/// <summary>Who said that a peer is at an address, from the least to the most trusted.</summary>
public enum AddressSource
{
    /// <summary>Another peer.</summary>
    Told = 0,

    /// <summary>The peer itself, in identify.</summary>
    Claimed = 1,

    /// <summary>This host reached the peer there.</summary>
    Dialed = 2,

    /// <summary>The peer itself, in a record that it signed.</summary>
    Certified = 3,

    /// <summary>The application.</summary>
    Vouched = 4,
}
