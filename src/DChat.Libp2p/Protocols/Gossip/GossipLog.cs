using DChat.Libp2p.Identity;
using Microsoft.Extensions.Logging;

namespace DChat.Libp2p.Protocols.Gossip;

/// <summary>What gossipsub says in the log.</summary>
internal static partial class GossipLog
{
    [LoggerMessage(1, LogLevel.Debug, "Speaks {Protocol} with {Peer}")]
    internal static partial void Speaking(this ILogger logger, PeerId peer, string protocol);

    [LoggerMessage(2, LogLevel.Debug, "The stream to {Peer} ended, and is opened again later: {Reason}")]
    internal static partial void StreamEnded(this ILogger logger, PeerId peer, string reason);

    [LoggerMessage(3, LogLevel.Debug, "{Peer} sent what is no RPC: {Reason}")]
    internal static partial void MalformedRpc(this ILogger logger, PeerId peer, string reason);

    [LoggerMessage(4, LogLevel.Warning, "The validator of {Topic} failed, so the message is ignored")]
    internal static partial void ValidatorFailed(this ILogger logger, Exception exception, string topic);

    [LoggerMessage(7, LogLevel.Error, "The topic filter failed for {Topic}, so the topic is not kept account of")]
    internal static partial void TopicFilterFailed(this ILogger logger, Exception exception, string topic);

    [LoggerMessage(8, LogLevel.Error, "The observer failed when it was told that a peer is {Kind}")]
    internal static partial void ObserverFailed(this ILogger logger, Exception exception, GossipEventKind kind);

    [LoggerMessage(9, LogLevel.Error, "A heartbeat failed; the next is tried all the same")]
    internal static partial void HeartbeatFailed(this ILogger logger, Exception exception);

    [LoggerMessage(10, LogLevel.Warning, "The validator of {Topic} has not returned for {Timeout}, so the message is ignored")]
    internal static partial void ValidatorLate(this ILogger logger, string topic, TimeSpan timeout);

    [LoggerMessage(11, LogLevel.Debug, "{Peer} could not be dialed: {Reason}")]
    internal static partial void DialFailed(this ILogger logger, PeerId peer, string reason);

    [LoggerMessage(12, LogLevel.Error, "What says whose introductions are followed failed for {Peer}, so they are not")]
    internal static partial void ExchangeFilterFailed(this ILogger logger, Exception exception, PeerId peer);

    [LoggerMessage(20, LogLevel.Error, "Following an introduction failed")]
    internal static partial void IntroductionFailed(this ILogger logger, Exception exception);

    [LoggerMessage(21, LogLevel.Error, "A verdict, or what happened to a peer, could not be taken in")]
    internal static partial void EventFailed(this ILogger logger, Exception exception);

    [LoggerMessage(6, LogLevel.Error, "Speaking with {Peer} failed")]
    internal static partial void SessionFailed(this ILogger logger, Exception exception, PeerId peer);

    [LoggerMessage(5, LogLevel.Debug, "{Peer} is not spoken with: there are {Limit} peers already")]
    internal static partial void TooManyPeers(this ILogger logger, PeerId peer, int limit);

    [LoggerMessage(11, LogLevel.Information, "{Peer} is closed for its score of {Score}, and refused for {Time}")]
    internal static partial void PeerCut(this ILogger logger, PeerId peer, double score, TimeSpan time);
}
