using DChat.Libp2p.Addresses;

namespace DChat.Libp2p.Swarm;

/// <summary>How a peer is to be reached.</summary>
public sealed record DialOptions
{
    /// <summary>An open connection will do, through a relay too; otherwise the peer is dialed.</summary>
    public static DialOptions Default { get; } = new();

    /// <summary>Dials although a connection is open, and addresses that failed a short while ago too.</summary>
    public bool ForceNew { get; init; }

    /// <summary>Wants a connection that goes through no relay, and dials no address of one.</summary>
    public bool ForceDirect { get; init; }

    /// <summary>Takes an open connection or fails with <see cref="Libp2pErrorCodes.NotConnected"/>. Goes before <see cref="ForceNew"/>.</summary>
    public bool NoDial { get; init; }

    /// <summary>Dials only the addresses of the call, none that the peer store knows, and shares the dial with nobody.</summary>
    public bool OnlyNamed { get; init; }

    /// <summary>
    /// The class that the addresses of the call were told from, see <see cref="AddressClasses.IsShared"/>: those that mean another host
    /// there than here are passed over, and names lead no further. Default <see cref="AddressClass.Loopback"/>: the application's own.
    /// </summary>
    public AddressClass Teller { get; init; } = AddressClass.Loopback;

    /// <summary>
    /// This side, although it dials, waits for the other to begin negotiation and handshake: the server of a simultaneous
    /// open (relay/DCUtR.md). Only with <see cref="OnlyNamed"/>.
    /// </summary>
    public bool ActsAsListener { get; init; }

    /// <summary>
    /// Dials from a free port even where the transport dials from the port that it listens on: a dial that must not open
    /// a NAT. Only with <see cref="OnlyNamed"/>.
    /// </summary>
    public bool FromFreePort { get; init; }
}
