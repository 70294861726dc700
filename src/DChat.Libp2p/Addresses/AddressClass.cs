namespace DChat.Libp2p.Addresses;

/// <summary>How far an address reaches. What a peer says about a narrower class than its own cannot be checked, and is not believed.</summary>
public enum AddressClass
{
    /// <summary>No host: unspecified, multicast, documentation, reserved.</summary>
    Unusable,

    /// <summary>This machine only.</summary>
    Loopback,

    /// <summary>A network that is not routed on the internet.</summary>
    Private,

    /// <summary>Anyone on the internet.</summary>
    Public,

    /// <summary>A name or a peer: its class shows when it is resolved.</summary>
    Unresolved,
}
