using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Protocols.CircuitRelay;

/// <summary>How it stands with a relay that a host reserves at, or would.</summary>
/// <param name="Relay">The relay's address, with its id.</param>
/// <param name="State">What is done about it.</param>
public sealed record AutoRelayStatus(Multiaddr Relay, AutoRelayState State)
{
    /// <summary>The relay.</summary>
    public PeerId Peer => Relay.Peer!;

    /// <summary>Whether it was named, by the options or at run time; false for one that was found among the connected peers.</summary>
    public bool IsNamed { get; init; }

    /// <summary>Until when the reservation holds unless it is renewed; null without one.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>How long a circuit through it lasts; zero without limit or reservation.</summary>
    public TimeSpan CircuitDuration { get; init; }

    /// <summary>Bytes that a circuit through it carries in each direction; 0 without limit or reservation.</summary>
    public long CircuitBytes { get; init; }

    /// <summary>When it is tried again; null unless <see cref="State"/> is <see cref="AutoRelayState.Waiting"/>.</summary>
    public DateTimeOffset? RetryAt { get; init; }

    /// <summary>Why there is no reservation; null when there is one, or nothing is known yet.</summary>
    public string? Fault { get; init; }
}
