using DChat.Libp2p.Protocols.Kad.Wire;

namespace DChat.Libp2p.Protocols.Kad;

/// <summary>What was counted. Written by several threads, read when it is observed.</summary>
internal sealed class KadCounters
{
    internal static readonly string[] Types = ["put-value", "get-value", "add-provider", "get-providers", "find-node", "ping"];

    private readonly long[] _sent = new long[Types.Length];
    private readonly long[] _unanswered = new long[Types.Length];
    private readonly long[] _served = new long[Types.Length];
    private readonly long[] _refused = new long[Enum.GetValues<KadRefusal>().Length];
    private long _lookups;

    internal long Lookups => Interlocked.Read(ref _lookups);

    internal long Sent(int type) => Interlocked.Read(ref _sent[type]);

    internal long Unanswered(int type) => Interlocked.Read(ref _unanswered[type]);

    internal long Served(int type) => Interlocked.Read(ref _served[type]);

    internal long Refused(KadRefusal reason) => Interlocked.Read(ref _refused[(int)reason]);

    internal void CountLookup() => Interlocked.Increment(ref _lookups);

    internal void CountSent(KadMessageType type) => Interlocked.Increment(ref _sent[(int)type]);

    internal void CountUnanswered(KadMessageType type) => Interlocked.Increment(ref _unanswered[(int)type]);

    internal void CountServed(KadMessageType type) => Interlocked.Increment(ref _served[(int)type]);

    internal void Count(KadRefusal reason) => Interlocked.Increment(ref _refused[(int)reason]);
}

/// <summary>Why a request was refused.</summary>
internal enum KadRefusal
{
    /// <summary>It is no message, or lacks what its type needs.</summary>
    Malformed,

    /// <summary>The peer asked too often.</summary>
    PeerRate,

    /// <summary>The peers of its network asked too often.</summary>
    NetworkRate,

    /// <summary>The record is of a namespace that nobody judges.</summary>
    UnknownNamespace,

    /// <summary>The record is wrong.</summary>
    InvalidRecord,

    /// <summary>A better record is kept.</summary>
    StaleRecord,

    /// <summary>There is no room.</summary>
    Full,

    /// <summary>It names another provider than its sender.</summary>
    ForeignProvider,
}
