using DChat.Libp2p.Identity;
using Microsoft.Extensions.Logging;

namespace DChat.Libp2p.Protocols.Gossipsub;

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

    [LoggerMessage(6, LogLevel.Error, "Speaking with {Peer} failed")]
    internal static partial void SessionFailed(this ILogger logger, Exception exception, PeerId peer);

    [LoggerMessage(5, LogLevel.Debug, "{Peer} is not spoken with: there are {Limit} peers already")]
    internal static partial void TooManyPeers(this ILogger logger, PeerId peer, int limit);
}
