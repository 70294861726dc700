using DChat.Libp2p.Protocols.CircuitRelay;

namespace DChat.Libp2p.Hosting;

/// <summary>How a host takes part in circuit relay v2: as a relay, and as a peer that is reached through relays.</summary>
public sealed class CircuitOptions
{
    /// <summary>What the host does for others as a relay. Default: it serves them within the limits of go.</summary>
    public CircuitRelayOptions Relay { get; } = new();

    /// <summary>At which relays the host reserves. Default: none.</summary>
    public AutoRelayOptions AutoRelay { get; } = new();

    /// <summary>What is wrong, one sentence each; empty when all is well.</summary>
    internal IReadOnlyList<string> Validate() =>
    [
        .. Relay.Validate().Select(fault => $"{nameof(Relay)}.{fault}"),
        .. AutoRelay.Validate().Select(fault => $"{nameof(AutoRelay)}.{fault}"),
    ];
}
