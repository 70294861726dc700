using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using Microsoft.Extensions.Logging;

namespace DChat.Libp2p.Protocols.AutoNat;

/// <summary>What AutoNAT says in the log.</summary>
internal static partial class AutoNatLog
{
    [LoggerMessage(1, LogLevel.Debug, "{Server} was asked to dial {Address}: {Outcome}")]
    internal static partial void Asked(this ILogger logger, PeerId server, Multiaddr address, DialBackOutcome outcome);

    [LoggerMessage(2, LogLevel.Information, "Peers reach this host at {Address}")]
    internal static partial void Reachable(this ILogger logger, Multiaddr address);

    [LoggerMessage(3, LogLevel.Warning, "Peers do not reach this host at {Address}: nobody is told of it unless it is configured")]
    internal static partial void Unreachable(this ILogger logger, Multiaddr address);

    [LoggerMessage(4, LogLevel.Error, "Asking about addresses failed, and is tried again")]
    internal static partial void AskingFailed(this ILogger logger, Exception exception);
}
