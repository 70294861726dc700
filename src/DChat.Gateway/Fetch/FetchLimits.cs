using DChat.Libp2p.Streams;

namespace DChat.Gateway.Fetch;

/// <summary>What a peer may take by <c>/dchat/fetch/1</c>.</summary>
internal static class FetchLimits
{
    /// <summary>The longest request in bytes; a valid one has less than half of that.</summary>
    public const int MaxRequestBytes = 256;

    /// <summary>Requests the shards work on at once, of all peers together; others wait their turn.</summary>
    public const int MaxConcurrent = 64;

    /// <summary>Of these for one network, an IPv4 address or IPv6 /64; networks take turns.</summary>
    public const int MaxPerNetwork = MaxConcurrent / 2;

    /// <summary>Of these for one peer.</summary>
    public const int MaxPerPeer = 4;

    /// <summary>How long a shard may take to answer. A silo that has died never does, and Orleans' own timeout is much longer.</summary>
    public static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(5);

    /// <summary>How long a peer may take to read a reply.</summary>
    public static readonly TimeSpan ReplyTimeout = TimeSpan.FromSeconds(30);

    /// <summary>How long a peer may keep a stream without asking for anything.</summary>
    public static readonly TimeSpan IdleTimeout = TimeSpan.FromMinutes(2);

    /// <summary>Streams of one connection, each of which may hold one reply of 256 KiB that the peer does not take. One through a relay too.</summary>
    public static readonly ProtocolLimits Streams = new(MaxInbound: 2, MaxOutbound: 2, OnLimited: true);
}
