using DChat.Core;
using DChat.Core.Envelopes;
using DChat.Libp2p.Streams;

namespace DChat.Federation.Sync;

/// <summary>What a peer may take by <c>/dchat/sync/1</c>.</summary>
internal static class SyncLimits
{
    /// <summary>The longest message in bytes: one of negentropy, and what is around it.</summary>
    public const int MaxFrameBytes = (1024 * 1024) + (64 * 1024);

    /// <summary>Requests of one stream. Negentropy takes some thousand at most.</summary>
    public const int MaxRequests = 65_536;

    /// <summary>Bytes that are sent to somebody who is no partner, on one stream.</summary>
    public const long MaxBytesToStranger = 64L * 1024 * 1024;

    /// <summary>Ids of one request.</summary>
    public const int MaxIds = Abstractions.Grains.ISyncSession.MaxIds;

    /// <summary>Bytes of the ids of one request.</summary>
    public const int MaxIdBytes = MaxIds * Bytes32.Length;

    /// <summary>Envelopes of one message.</summary>
    public const int MaxEnvelopes = EnvelopeBatch.MaxCount;

    /// <summary>Messages of a set: more than a shard can ever have are a lie, and would overflow what is added up.</summary>
    public const ulong MaxItems = Core.Shards.ShardIndex.MaxCount;

    /// <summary>Classes that have a floor.</summary>
    public const int MaxFloors = (int)RetentionClass.Permanent;

    /// <summary>Streams that are served at once to those who are no partners; others wait their turn.</summary>
    public const int MaxStrangers = 16;

    /// <summary>Of these for one network, an IPv4 address or IPv6 /64; networks take turns.</summary>
    public const int MaxPerNetwork = MaxStrangers / 4;

    /// <summary>How long a stranger may wait for a turn.</summary>
    public static readonly TimeSpan TurnTimeout = TimeSpan.FromSeconds(20);

    /// <summary>How long a stranger may have its turn.</summary>
    public static readonly TimeSpan StrangerTimeout = TimeSpan.FromMinutes(2);

    /// <summary>How long a shard may take to answer.</summary>
    public static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(30);

    /// <summary>How long a peer may take to send the next message, or to take one.</summary>
    public static readonly TimeSpan PeerTimeout = TimeSpan.FromSeconds(30);

    /// <summary>How long a dial may take.</summary>
    public static readonly TimeSpan DialTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Streams of one peer.</summary>
    public static readonly ProtocolLimits Streams = new(MaxInbound: 8, MaxOutbound: 8);
}
