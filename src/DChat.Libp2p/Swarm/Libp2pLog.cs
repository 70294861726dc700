using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using Microsoft.Extensions.Logging;

namespace DChat.Libp2p.Swarm;

/// <summary>What a host says in the log.</summary>
internal static partial class Libp2pLog
{
    [LoggerMessage(1, LogLevel.Information, "{Peer} listens on {Address}")]
    internal static partial void Listening(this ILogger logger, PeerId peer, Multiaddr address);

    [LoggerMessage(2, LogLevel.Debug, "{Direction} connection with {Peer} at {Address}")]
    internal static partial void ConnectionOpened(this ILogger logger, Direction direction, PeerId peer, Multiaddr address);

    [LoggerMessage(3, LogLevel.Debug, "Connection with {Peer} at {Address} closed: {Reason}")]
    internal static partial void ConnectionClosed(this ILogger logger, PeerId peer, Multiaddr address, CloseReason reason);

    [LoggerMessage(4, LogLevel.Debug, "Connection from {Address} refused: {Reason}")]
    internal static partial void ConnectionRefused(this ILogger logger, Multiaddr address, string reason);

    [LoggerMessage(5, LogLevel.Debug, "{Peer} opened a stream without agreeing on a protocol: {Reason}")]
    internal static partial void NegotiationFailed(this ILogger logger, PeerId peer, string reason);

    [LoggerMessage(6, LogLevel.Debug, "A stream of {Protocol} that {Peer} opened is refused: {Limit} is reached")]
    internal static partial void StreamRefused(this ILogger logger, PeerId peer, string protocol, string limit);

    [LoggerMessage(7, LogLevel.Warning, "The handler of {Protocol} failed for {Peer}")]
    internal static partial void HandlerFailed(this ILogger logger, Exception exception, PeerId peer, string protocol);

    [LoggerMessage(8, LogLevel.Debug, "Identifying {Peer} failed: {Reason}")]
    internal static partial void IdentifyFailed(this ILogger logger, PeerId peer, string reason);

    [LoggerMessage(9, LogLevel.Error, "Accepting connections on {Address} failed")]
    internal static partial void AcceptFailed(this ILogger logger, Exception exception, Multiaddr address);

    [LoggerMessage(10, LogLevel.Error, "The connection gater failed, so the connection is refused")]
    internal static partial void GaterFailed(this ILogger logger, Exception exception);

    [LoggerMessage(11, LogLevel.Error, "Listening on {Address} could not be ended")]
    internal static partial void ListenerNotEnded(this ILogger logger, Exception exception, Multiaddr address);

    [LoggerMessage(30, LogLevel.Error, "The peer filter failed, so what it was asked about is passed over")]
    internal static partial void FilterFailed(this ILogger logger, Exception exception);

    [LoggerMessage(31, LogLevel.Error, "The connection manager failed, so no connection gives way")]
    internal static partial void ManagerFailed(this ILogger logger, Exception exception);

    [LoggerMessage(32, LogLevel.Error, "A transport failed over {Address}, which counts as not reached")]
    internal static partial void TransportFailed(this ILogger logger, Exception exception, Multiaddr address);

    [LoggerMessage(33, LogLevel.Error, "Work in the background failed")]
    internal static partial void WorkFailed(this ILogger logger, Exception exception);

    [LoggerMessage(20, LogLevel.Warning, "The peers in {Path} cannot be read and are put aside; peers are learnt anew")]
    internal static partial void PeersNotRead(this ILogger logger, Exception exception, string path);

    [LoggerMessage(21, LogLevel.Warning, "The peers cannot be written to {Path}")]
    internal static partial void PeersNotWritten(this ILogger logger, Exception exception, string path);
}
