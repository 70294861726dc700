using DChat.Libp2p.Identity;
using DChat.Libp2p.Negotiation;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Transports;

namespace DChat.Libp2p.Streams;

/// <summary>Opens streams and agrees on their protocol.</summary>
internal sealed class StreamOpener(IPeerStore peers, Func<string, int> maxOutboundOf, Func<string, bool> runsOnLimited, ConnectionLimits limits, TimeProvider time, Libp2pInstruments instruments)
{
    private readonly Timeouts _timeouts = new(time);

    /// <summary>As the overload that takes a connection, within the time that connecting and opening have together.</summary>
    internal async Task<Libp2pStream> OpenAsync(
        PeerId peer, Func<CancellationToken, Task<PeerConnection>> connectAsync, IReadOnlyList<string> protocols, CancellationToken cancellationToken)
    {
        using var both = _timeouts.Start(limits.NewStreamTimeout, cancellationToken);
        try
        {
            var connection = await connectAsync(both.Token).ConfigureAwait(false);
            return await OpenAsync(connection, protocols, both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new Libp2pException(Libp2pErrorCodes.TimedOut, $"No stream to {peer} within {limits.NewStreamTimeout}.", isTransient: true, e);
        }
    }

    /// <summary>
    /// A stream that speaks the first of <paramref name="protocols"/> the peer takes. When identify has told that the
    /// peer speaks one of them, the answer is not waited for: the caller may write at once, and a refusal shows when it
    /// reads or writes.
    /// </summary>
    internal async Task<Libp2pStream> OpenAsync(PeerConnection connection, IReadOnlyList<string> protocols, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfZero(protocols.Count, nameof(protocols));
        if (connection.IsLimited)
        {
            protocols = [.. protocols.Where(runsOnLimited)];
            if (protocols.Count == 0)
            {
                throw new Libp2pException(Libp2pErrorCodes.LimitedConnection, $"{connection.RemotePeer} is reached through a relay only, which this protocol does not use.", isTransient: true);
            }
        }

        var known = peers.Find(connection.RemotePeer)?.Protocols;
        var expected = known is null ? null : protocols.FirstOrDefault(known.Contains);
        var stream = await connection.Muxed.OpenStreamAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return expected is not null
                ? await OpenLazilyAsync(connection, stream, expected, cancellationToken).ConfigureAwait(false)
                : await OpenEagerlyAsync(connection, stream, protocols, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            stream.Reset();
            throw;
        }
    }

    private async Task<Libp2pStream> OpenLazilyAsync(
        PeerConnection connection, IMuxedStream stream, string protocol, CancellationToken cancellationToken)
    {
        Count(connection, stream, protocol);
        MultistreamSelect.Propose(stream.Output, protocol);

        // Sent now and not with the first write: some protocols begin with the listener's turn.
        await stream.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        var negotiation = ReadAnswerAsync(stream, connection.RemotePeer, protocol);

        // An end that comes during the negotiation is lost on js: its handler never hears of it, or the stream is reset.
        stream.EndAfter = negotiation;
        return new Libp2pStream(stream, connection, protocol, new LazyNegotiationReader(stream.Input, negotiation));
    }

    private async Task<Libp2pStream> OpenEagerlyAsync(
        PeerConnection connection, IMuxedStream stream, IReadOnlyList<string> protocols, CancellationToken cancellationToken)
    {
        using var both = _timeouts.Start(limits.NegotiationTimeout, cancellationToken);
        try
        {
            var protocol = await MultistreamSelect.SelectAsync(stream, protocols, both.Token).ConfigureAwait(false);
            Count(connection, stream, protocol);
            return new Libp2pStream(stream, connection, protocol, stream.Input);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new Libp2pException(Libp2pErrorCodes.TimedOut, $"{connection.RemotePeer} did not agree on a protocol within {limits.NegotiationTimeout}.", isTransient: true, e);
        }
    }

    /// <summary>Reads the answer to a proposal; a refusal ends the stream, which is how readers and writers learn of it.</summary>
    private async Task ReadAnswerAsync(IMuxedStream stream, PeerId peer, string protocol)
    {
        using var timeout = _timeouts.Start(limits.NegotiationTimeout, CancellationToken.None);
        Libp2pException fault;
        try
        {
            if (await MultistreamSelect.ReadFirstAnswerAsync(stream.Input, protocol, timeout.Token).ConfigureAwait(false))
            {
                return;
            }

            fault = new Libp2pException(Libp2pErrorCodes.NotSupported, $"{peer} no longer speaks {protocol}.");
        }
        catch (Libp2pException e)
        {
            fault = e;
        }
        catch (OperationCanceledException e)
        {
            fault = new Libp2pException(Libp2pErrorCodes.TimedOut, $"{peer} did not agree on {protocol} within {limits.NegotiationTimeout}.", isTransient: true, e);
        }

        stream.Reset(fault);
    }

    private void Count(PeerConnection connection, IMuxedStream stream, string protocol)
    {
        if (connection.Scope.AddProtocolStream(protocol, Direction.Outbound, maxOutboundOf(protocol)) is { } limit)
        {
            throw new Libp2pException(
                Libp2pErrorCodes.LimitReached, $"No further stream of {protocol} can be opened to {connection.RemotePeer}: {limit} is reached.", isTransient: true);
        }

        instruments.StreamOpened(protocol, Direction.Outbound);
        stream.OnFinished(() =>
        {
            connection.Scope.RemoveProtocolStream(protocol, Direction.Outbound);
            instruments.StreamClosed(protocol, Direction.Outbound);
        });
    }
}
