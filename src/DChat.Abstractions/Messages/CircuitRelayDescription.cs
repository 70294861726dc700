namespace DChat.Abstractions.Messages;

/// <summary>A relay at which a gateway reserves, or would.</summary>
[GenerateSerializer, Immutable, Alias("dchat.CircuitRelayDescription")]
public sealed class CircuitRelayDescription(string address, string state, bool isNamed)
{
    /// <summary>The <see cref="State"/> of a relay at which a reservation holds.</summary>
    public const string Reserved = "reserved";

    /// <summary>The relay's address, ending with <c>/p2p</c> and its PeerId.</summary>
    [Id(0)]
    public string Address { get; } = address;

    /// <summary><see cref="Reserved"/>, <c>asking</c>, <c>lost</c> or <c>waiting</c>.</summary>
    [Id(1)]
    public string State { get; } = state;

    /// <summary>Whether an operator named it; false for one that was found among the connected peers.</summary>
    [Id(2)]
    public bool IsNamed { get; } = isNamed;

    /// <summary>Until when the reservation holds unless it is renewed; null without one.</summary>
    [Id(3)]
    public DateTimeOffset? Expires { get; init; }

    /// <summary>How long a circuit through it lasts; zero without limit or reservation.</summary>
    [Id(4)]
    public TimeSpan Duration { get; init; }

    /// <summary>Bytes that a circuit through it carries in each direction; 0 without limit or reservation.</summary>
    [Id(5)]
    public long Bytes { get; init; }

    /// <summary>When it is tried again; null when it does not wait.</summary>
    [Id(6)]
    public DateTimeOffset? RetryAt { get; init; }

    /// <summary>Why there is no reservation; null when there is one, or nothing is known yet.</summary>
    [Id(7)]
    public string? Fault { get; init; }
}
