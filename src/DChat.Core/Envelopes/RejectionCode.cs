namespace DChat.Core.Envelopes;

/// <summary>Why a message is not kept. The numbers and the names are stable: clients and dashboards match on them.</summary>
public enum RejectionCode : byte
{
    /// <summary>Not rejected.</summary>
    None = 0,

    /// <summary>Longer than the envelope limit.</summary>
    Oversized = 1,

    /// <summary>Truncated, trailing bytes, or not the one canonical encoding.</summary>
    NonCanonical = 2,

    /// <summary>An envelope version this relay does not know.</summary>
    UnknownVersion = 3,

    /// <summary>Meant for another network.</summary>
    WrongNetwork = 4,

    /// <summary>Offered to a shard that does not hold its topic tag.</summary>
    WrongShard = 5,

    /// <summary>A retention class this relay does not know.</summary>
    UnknownClass = 6,

    /// <summary>The class needs a permit and the envelope carries none.</summary>
    PermitRequired = 7,

    /// <summary>The permit is not one this network issued for this envelope.</summary>
    PermitInvalid = 8,

    /// <summary>Its timestamp is too far in the future.</summary>
    TimestampAhead = 9,

    /// <summary>Its timestamp is below the floor of its class: the network has pruned there.</summary>
    BelowFloor = 10,

    /// <summary>Older than a freshly published message may be.</summary>
    Stale = 11,

    /// <summary>The author, the topic or the caller has used up its quota; try later.</summary>
    OverQuota = 12,

    /// <summary>The signature does not verify.</summary>
    BadSignature = 13,

    /// <summary>The relay has too much in flight; try later.</summary>
    Overloaded = 14,

    /// <summary>The shard did not answer, as while its silo starts; try later. It may have kept the message all the same.</summary>
    StorageUnavailable = 15,

    /// <summary>Another silo has taken the shard over; try again, which reaches it.</summary>
    ShardMoving = 16,

    /// <summary>The relay's storage is full; try later.</summary>
    StorageFull = 17,

    /// <summary>The relay's storage failed and is to be opened anew; try later. It may have kept the message all the same.</summary>
    StorageFailed = 18,
}
