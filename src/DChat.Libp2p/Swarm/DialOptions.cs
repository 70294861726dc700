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
}
