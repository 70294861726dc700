namespace DChat.Core.Envelopes;

/// <summary>By which door a batch came in. Only what a sender pushed or gossiped is gossiped on; synced history is not.</summary>
public enum Door : byte
{
    /// <summary>Published through the SDK or pushed by a device.</summary>
    Push = 1,

    /// <summary>Received over gossipsub.</summary>
    Gossip = 2,

    /// <summary>Fetched from another relay by reconciliation.</summary>
    Sync = 3,
}
