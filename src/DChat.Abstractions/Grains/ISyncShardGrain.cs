using DChat.Abstractions.Messages;
using DChat.Core;
using DChat.Core.Clocks;
using DChat.Core.Segments;
using DChat.Core.Shards;
using DChat.Core.Topics;

namespace DChat.Abstractions.Grains;

/// <summary>
/// One shard of the network: the single writer of its log, its open-set index and its sequences. Key
/// <c>&lt;network&gt;/&lt;shard&gt;</c>, see <see cref="GrainKeys.Shard"/>.
/// </summary>
[Alias("dchat.ISyncShardGrain"), GrainInterfaceType("dchat.ISyncShardGrain")]
public interface ISyncShardGrain : IGrainWithStringKey
{
    /// <summary>
    /// Appends admitted envelopes; returns when every accepted one is durable. A duplicate waits for its first copy.
    /// </summary>
    /// <exception cref="DChatException">The caller is outside the cluster (<c>cluster-only</c>) or the batch is malformed (<c>batch-malformed</c>); nothing was kept.</exception>
    [Alias("AppendAsync"), ClusterOnly]
    Task<PublishReply> AppendAsync(AppendRequest request);

    /// <summary>Reads the messages after a position, of all topics.</summary>
    /// <param name="after">The last position already seen; sequence 0 for the start.</param>
    /// <param name="maxCount">1 to 256; a reply may hold fewer to stay within 256 KiB, but at least one if there is one.</param>
    [Alias("ReadAsync")]
    Task<ReadReply> ReadAsync(LogPosition after, int maxCount);

    /// <summary>Reads one topic's messages after a cursor.</summary>
    /// <param name="topic">The topic; one of another shard has no messages here.</param>
    /// <param name="after">The last position already seen; null for the start.</param>
    /// <param name="maxCount">1 to 256; a reply may hold fewer to stay within 256 KiB, but at least one if there is one.</param>
    [Alias("FetchAsync")]
    Task<ReadReply> FetchAsync(TopicTag topic, LogPosition? after, int maxCount);

    /// <summary>
    /// Seals what is open and older than a moment: the messages of an epoch that has ended, and those that missed their own. A class
    /// that has a segment of the epoch already keeps it, so the call may be repeated.
    /// </summary>
    /// <param name="epoch">The epoch whose list they are.</param>
    /// <param name="before">Messages from this timestamp on stay open.</param>
    /// <exception cref="DChatException">
    /// The caller is outside the cluster (<c>cluster-only</c>), the disk fails or is full (<c>segment-unwritable</c>, transient), or the
    /// messages cannot be read (<c>log-unreadable</c>, transient). What is acknowledged stays readable in any case.
    /// </exception>
    [Alias("SealAsync"), ClusterOnly]
    Task<SealReply> SealAsync(EpochId epoch, HybridTimestamp before);

    /// <summary>Opens a session in which the shard's set is reconciled with that of a peer.</summary>
    /// <param name="range">Which messages.</param>
    /// <param name="theirs">What the peer has said of its set; null when it has said nothing yet.</param>
    /// <param name="isStranger">Whether the peer is no partner: strangers share few places, and keep no partner waiting.</param>
    /// <exception cref="DChatException">
    /// The caller is outside the cluster (<c>cluster-only</c>), the silo has too many sessions (<c>overloaded</c>, transient), or storage fails
    /// (transient).
    /// </exception>
    [Alias("OpenSyncAsync"), ClusterOnly]
    Task<SyncOpening> OpenSyncAsync(SyncRange range, SetSummary? theirs, bool isStranger);

    /// <summary>
    /// Reads one segment, or some of the open messages, from where they are kept and checks them against roots, ids and checksums; to be called
    /// again with what it returns until all is read.
    /// </summary>
    /// <exception cref="DChatException">
    /// The caller is a client without the operator token (<c>operator-only</c>), the position is malformed (<c>position-malformed</c>), the silo has
    /// too much to read (<c>overloaded</c>, transient), or storage cannot be read for now (transient).
    /// </exception>
    [Alias("ScrubAsync"), OperatorOnly]
    Task<ScrubPage> ScrubAsync(ScrubPosition position);

    /// <summary>The position of the newest durable message.</summary>
    [Alias("GetHeadAsync")]
    Task<LogPosition> GetHeadAsync();

    /// <summary>
    /// Where the head stood some time ago, or earlier: who begins to follow goes on from there and misses nothing since. Of
    /// the time before the shard was opened, only the timestamps of its newest messages tell.
    /// </summary>
    /// <param name="ago">How long ago, from 0; a minute is remembered at least.</param>
    [Alias("GetPastHeadAsync")]
    Task<LogPosition> GetPastHeadAsync(TimeSpan ago);
}
