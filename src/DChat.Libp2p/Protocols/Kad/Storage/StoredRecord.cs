using DChat.Libp2p.Protocols.Kad.Wire;

namespace DChat.Libp2p.Protocols.Kad.Storage;

/// <summary>A record kept for others.</summary>
/// <param name="Record">The record, with the time it came.</param>
/// <param name="ReceivedAt">The same time.</param>
internal sealed record StoredRecord(KadRecord Record, DateTimeOffset ReceivedAt);

/// <summary>What became of a record that a peer wanted kept.</summary>
internal enum PutOutcome
{
    /// <summary>It is kept.</summary>
    Stored,

    /// <summary>Nobody judges its namespace.</summary>
    UnknownNamespace,

    /// <summary>It is wrong.</summary>
    Invalid,

    /// <summary>A better one is kept.</summary>
    Stale,

    /// <summary>There is no room for it.</summary>
    Full,
}
