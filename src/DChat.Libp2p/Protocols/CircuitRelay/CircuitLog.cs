using DChat.Libp2p.Identity;
using Microsoft.Extensions.Logging;

namespace DChat.Libp2p.Protocols.CircuitRelay;

/// <summary>What circuits say in the log.</summary>
internal static partial class CircuitLog
{
    [LoggerMessage(1, LogLevel.Information, "Reached through the relay {Relay} from now on")]
    internal static partial void RelayReserved(this ILogger logger, PeerId relay);

    [LoggerMessage(2, LogLevel.Information, "The relay {Relay} is lost; another takes its place, or it is tried again later")]
    internal static partial void RelayLost(this ILogger logger, PeerId relay);

    [LoggerMessage(3, LogLevel.Debug, "The relay {Relay} gave no reservation: {Reason}")]
    internal static partial void RelayRefused(this ILogger logger, PeerId relay, string reason);
}
