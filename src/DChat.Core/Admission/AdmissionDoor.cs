namespace DChat.Core.Admission;

/// <summary>By which door an envelope comes in. What is fresh and what is history follow from it.</summary>
public enum AdmissionDoor : byte
{
    /// <summary>Published through the SDK or pushed by a device: must be fresh, counts against quotas.</summary>
    Push = 1,

    /// <summary>Received over gossipsub: must be fresh, counts against quotas.</summary>
    Gossip = 2,

    /// <summary>Offered by another relay in reconciliation: may be old, and no quota applies, for that relay has acknowledged it.</summary>
    Sync = 3,
}
