namespace DChat.Core.Admission;

/// <summary>How much a caller may bring.</summary>
public enum SourceTier : byte
{
    /// <summary>A device, or anyone of whom nothing better is known.</summary>
    Leaf = 0,

    /// <summary>A gateway of a relay that the operator vouches for: it forwards what many devices send.</summary>
    Relay = 1,
}
