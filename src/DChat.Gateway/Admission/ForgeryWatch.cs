using System.Collections.Concurrent;
using DChat.Core.Admission;
using DChat.Libp2p.Identity;
using Microsoft.Extensions.Logging;

namespace DChat.Gateway.Admission;

/// <summary>
/// Closes the connections of peers that bring forged signatures, or gossip anything else that every honest peer rejects, and has
/// them refused for a while. An honest peer checks before it forwards, so a few may be a fault, and many are an attack.
/// </summary>
/// <param name="close">Closes every connection of a peer and refuses it; whether there was one.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Told who is closed.</param>
internal sealed partial class ForgeryWatch(Func<PeerId, Task<bool>> close, TimeProvider time, ILogger<ForgeryWatch> logger)
{
    /// <summary>How many forgeries of one peer are let pass within <see cref="Window"/>.</summary>
    public const int MaxForgeries = 32;

    /// <summary>How many peers are remembered.</summary>
    public const int MaxPeers = 16_384;

    /// <summary>How long that many forgeries take to be forgotten.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly ILogger _logger = logger;
    private readonly StrikeTable<PeerId> _strikes = new(MaxForgeries, Window, MaxPeers, time);
    private readonly ConcurrentDictionary<PeerId, byte> _closing = [];

    /// <summary>Notes a forgery. What a peer had sent before it was closed is judged still, and does not close it twice.</summary>
    public void Note(PeerId peer)
    {
        if (_strikes.Add(peer) && _closing.TryAdd(peer, 0))
        {
            _ = CloseAsync(peer);
        }
    }

    private async Task CloseAsync(PeerId peer)
    {
        try
        {
            if (await close(peer).ConfigureAwait(false))
            {
                GatewayInstruments.ForgerClosed();
            }
        }
        catch (Exception failure)
        {
            LogNotClosed(failure, peer);
        }
        finally
        {
            _closing.TryRemove(peer, out _);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Peer {Peer}, which brings forged signatures, could not be closed.")]
    private partial void LogNotClosed(Exception failure, PeerId peer);
}
