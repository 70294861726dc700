using System.IO.Pipelines;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Negotiation;
using DChat.Libp2p.Noise;
using DChat.Libp2p.Transports;
using DChat.Libp2p.Yamux;

namespace DChat.Libp2p.Swarm;

/// <summary>
/// Makes a raw connection an authenticated, multiplexed one (connections/README.md, "Upgrading Connections"):
/// <c>/noise</c>, the handshake, and <c>/yamux/1.0.0</c> unless the handshake settled it.
/// </summary>
internal sealed class Upgrader(NoiseSecurity security, ConnectionLimits limits, YamuxOptions yamux, TimeProvider time)
{
    internal static readonly string[] Muxers = [YamuxSession.Protocol];
    private static readonly string[] Securities = [NoiseSecurity.Protocol];

    /// <summary>As the overload that says who begins; the dialer does.</summary>
    internal Task<PeerConnection> UpgradeAsync(ITransportConnection transport, Direction direction, PeerId? expected, CancellationToken cancellationToken) =>
        UpgradeAsync(transport, direction, expected, direction == Direction.Outbound, cancellationToken);

    /// <summary>Upgrades; disposes the transport connection when it fails.</summary>
    /// <param name="transport">The raw connection.</param>
    /// <param name="direction">Who dialed.</param>
    /// <param name="expected">The peer; anyone when null.</param>
    /// <param name="begins">Whether this side begins negotiation and handshake: the dialer, or of two that dialed each other at once the client.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal async Task<PeerConnection> UpgradeAsync(
        ITransportConnection transport, Direction direction, PeerId? expected, bool begins, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(limits.UpgradeTimeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await UpgradeCoreAsync(transport, direction, expected, begins, both.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            await transport.DisposeAsync().ConfigureAwait(false);
            await transport.Input.CompleteAsync(e).ConfigureAwait(false);
            await transport.Output.CompleteAsync(e).ConfigureAwait(false);
            throw e switch
            {
                OperationCanceledException when timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested =>
                    new Libp2pException(Libp2pErrorCodes.TimedOut, $"Setting up the connection took over {limits.UpgradeTimeout}.", isTransient: true, e),
                Libp2pException or OperationCanceledException => e,
                _ => new Libp2pException(Libp2pErrorCodes.HandshakeFailed, $"The connection broke while it was set up: {e.Message}", isTransient: true, e),
            };
        }
    }

    private static async Task NegotiateAsync(IDuplexPipe pipe, bool begins, string[] protocols, CancellationToken cancellationToken)
    {
        try
        {
            if (begins)
            {
                await MultistreamSelect.SelectAsync(pipe, protocols, cancellationToken).ConfigureAwait(false);
                return;
            }

            if (await MultistreamSelect.ListenAsync(pipe, protocols.Contains, () => protocols, cancellationToken).ConfigureAwait(false) is not null)
            {
                return;
            }
        }
        catch (IOException e)
        {
            // A full host may close hard, before it has read.
            throw new Libp2pException(Libp2pErrorCodes.ConnectionClosed, $"The connection broke while it was set up: {e.Message}", isTransient: true, e);
        }

        throw new Libp2pException(Libp2pErrorCodes.ConnectionClosed, "The peer left while the connection was set up.", isTransient: true);
    }

    private async Task<PeerConnection> UpgradeCoreAsync(
        ITransportConnection transport, Direction direction, PeerId? expected, bool begins, CancellationToken cancellationToken)
    {
        await NegotiateAsync(transport, begins, Securities, cancellationToken).ConfigureAwait(false);
        var channel = await security.HandshakeAsync(transport, begins, expected, cancellationToken).ConfigureAwait(false);
        try
        {
            var pipe = new StreamPipe(channel.Stream);
            if (channel.Muxer is null)
            {
                await NegotiateAsync(pipe, begins, Muxers, cancellationToken).ConfigureAwait(false);
            }

            cancellationToken.ThrowIfCancellationRequested();
            var session = new YamuxSession(pipe, transport, begins, yamux, time);
            return new PeerConnection(session, channel.Identity, transport.LocalAddress, transport.RemoteAddress, direction, time.GetUtcNow()) { IsLimited = transport.IsLimited, OpenedTimestamp = time.GetTimestamp() };
        }
        catch
        {
            await channel.Stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
