namespace DChat.Core.Reconciliation;

/// <summary>What a message says of a range.</summary>
internal enum NegentropyMode
{
    /// <summary>Nothing more to be done.</summary>
    Skip = 0,

    /// <summary>The sender's fingerprint.</summary>
    Fingerprint = 1,

    /// <summary>All ids that the sender has.</summary>
    IdList = 2,
}
