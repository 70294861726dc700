namespace DChat.Libp2p.Protocols.Kad;

/// <summary>Whether a host serves the table to others (kad-dht/README.md, "Client and server mode").</summary>
public enum KademliaMode
{
    /// <summary>
    /// Asks until it has proven that it can be reached: peers of several public networks have connected to it directly, or
    /// one of its public addresses was confirmed. Then it serves.
    /// </summary>
    Auto,

    /// <summary>Asks and does not serve: for a host that others cannot reach, or that comes and goes.</summary>
    Client,

    /// <summary>Serves, and is told to others as one that does.</summary>
    Server,
}
