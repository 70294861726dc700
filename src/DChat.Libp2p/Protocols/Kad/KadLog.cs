using DChat.Libp2p.Identity;
using Microsoft.Extensions.Logging;

namespace DChat.Libp2p.Protocols.Kad;

/// <summary>What Kademlia says in the log.</summary>
internal static partial class KadLog
{
    [LoggerMessage(1, LogLevel.Warning, "A record validator failed, so the record counts as wrong")]
    internal static partial void ValidatorFailed(this ILogger logger, Exception exception);

    [LoggerMessage(2, LogLevel.Debug, "A request of {Peer} was refused: {Reason}")]
    internal static partial void RequestRefused(this ILogger logger, PeerId peer, string reason);

    [LoggerMessage(3, LogLevel.Debug, "{Peer} did not answer: {Reason}")]
    internal static partial void NoAnswer(this ILogger logger, PeerId peer, string reason);

    [LoggerMessage(4, LogLevel.Information, "Serves {Protocol} from now on")]
    internal static partial void Serving(this ILogger logger, string protocol);

    [LoggerMessage(6, LogLevel.Error, "Maintenance failed, and is tried again")]
    internal static partial void MaintenanceFailed(this ILogger logger, Exception exception);

    [LoggerMessage(7, LogLevel.Error, "Asking {Peer} failed")]
    internal static partial void LookupFailed(this ILogger logger, Exception exception, PeerId peer);

    [LoggerMessage(8, LogLevel.Error, "What names the group of an address failed, so the address counts by its network")]
    internal static partial void GroupingFailed(this ILogger logger, Exception exception);

    [LoggerMessage(9, LogLevel.Error, "What happened to a peer could not be taken in")]
    internal static partial void EventFailed(this ILogger logger, Exception exception);
}
