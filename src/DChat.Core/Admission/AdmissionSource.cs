using DChat.Core.Envelopes;

namespace DChat.Core.Admission;

/// <summary>Where an envelope comes from. All of it is told by the connection, none by the caller.</summary>
public readonly record struct AdmissionSource
{
    /// <summary>The longest caller name in characters.</summary>
    public const int MaxCallerLength = 128;

    /// <summary>Names a source.</summary>
    /// <param name="door">The door.</param>
    /// <param name="caller">
    /// Who bears the source quota, 1 to <see cref="MaxCallerLength"/> characters: a PeerId, a client id, an address. It
    /// must come from the connection, never from what the caller says.
    /// </param>
    /// <param name="prefix">The network it comes from, which bears the network quota and has one turn in every queue.</param>
    /// <param name="tier">How much it may bring.</param>
    /// <exception cref="ArgumentException">An argument is out of its range.</exception>
    public AdmissionSource(Door door, string caller, NetworkPrefix prefix = default, SourceTier tier = SourceTier.Leaf)
    {
        ArgumentException.ThrowIfNullOrEmpty(caller);
        if (caller.Length > MaxCallerLength)
        {
            throw new ArgumentException($"A caller is at most {MaxCallerLength} characters, got {caller.Length}.", nameof(caller));
        }

        if (door is < Door.Push or > Door.Sync)
        {
            throw new ArgumentOutOfRangeException(nameof(door), door, "Not a door.");
        }

        if (tier is < SourceTier.Leaf or > SourceTier.Relay)
        {
            throw new ArgumentOutOfRangeException(nameof(tier), tier, "Not a tier.");
        }

        Door = door;
        Caller = caller;
        Prefix = prefix;
        Tier = tier;
    }

    /// <summary>The door.</summary>
    public Door Door { get; }

    /// <summary>Who bears the source quota.</summary>
    public string Caller { get; }

    /// <summary>The network it comes from.</summary>
    public NetworkPrefix Prefix { get; }

    /// <summary>How much it may bring.</summary>
    public SourceTier Tier { get; }

    /// <summary>Whether another relay has acknowledged the message already, so that neither freshness nor quotas apply.</summary>
    internal bool IsHistory => Door == Door.Sync;
}
