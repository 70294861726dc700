using DChat.Libp2p.Identity;
using Microsoft.Extensions.Logging;

namespace DChat.Libp2p.Protocols.Dcutr;

/// <summary>What hole punching says in the log.</summary>
internal static partial class DcutrLog
{
    [LoggerMessage(1, LogLevel.Debug, "{Peer} is connected directly now: {Outcome}")]
    internal static partial void Upgraded(this ILogger logger, PeerId peer, DcutrOutcome outcome);

    [LoggerMessage(2, LogLevel.Debug, "{Peer} stays behind its relay: {Reason}")]
    internal static partial void NotUpgraded(this ILogger logger, PeerId peer, string reason);

    [LoggerMessage(3, LogLevel.Error, "Looking for a direct connection to {Peer} failed")]
    internal static partial void UpgradeFaulted(this ILogger logger, Exception exception, PeerId peer);
}
