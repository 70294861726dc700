using System.Runtime.CompilerServices;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Negotiation;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Transports;

namespace DChat.Libp2p.Streams;

/// <summary>Opens streams and agrees on their protocol.</summary>
internal sealed class StreamOpener(IPeerStore peers, Func<string, int> maxOutboundOf, Func<string, bool> runsOnLimited, ConnectionLimits limits, TimeProvider time, Libp2pInstruments instruments)
{
    /// <summary>How hosts of this library begin to name themselves unless the application does.</summary>
    private const string OwnAgents = "DChat.Libp2p/";

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
            throw TimedOut(peer, e);
        }
    }

    /// <summary>As the overload that takes a connection, within the time that opening has.</summary>
    internal async Task<Libp2pStream> OpenInTimeAsync(PeerConnection connection, IReadOnlyList<string> protocols, CancellationToken cancellationToken)
    {
        using var both = _timeouts.Start(limits.NewStreamTimeout, cancellationToken);
        try
        {
            return await OpenAsync(connection, protocols, both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw TimedOut(connection.RemotePeer, e);
        }
    }

    /// <summary>
    /// A stream that speaks the first of <paramref name="protocols"/> the peer takes. When identify has told that the
    /// peer speaks one of them, the answer is not waited for: the caller may write at once, and a refusal shows when it
    /// reads or writes.
    /// </summary>
    internal async ValueTask<Libp2pStream> OpenAsync(PeerConnection connection, IReadOnlyList<string> protocols, CancellationToken cancellationToken)
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

        var known = peers.Find(connection.RemotePeer);
        var expected = known?.Protocols is { } spoken ? protocols.FirstOrDefault(spoken.Contains) : null;
        var stream = await connection.Muxed.OpenStreamAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return expected is not null
                ? await OpenLazilyAsync(connection, stream, expected, known!, cancellationToken).ConfigureAwait(false)
                : await OpenEagerlyAsync(connection, stream, protocols, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            stream.Reset();
            throw;
        }
    }

    private async ValueTask<Libp2pStream> OpenLazilyAsync(
        PeerConnection connection, IMuxedStream stream, string protocol, PeerInfo peer, CancellationToken cancellationToken)
    {
        Count(connection, stream, protocol);
        MultistreamSelect.Propose(stream.Output, protocol);

        // Sent now and not with the first write: some protocols begin with the listener's turn.
        await stream.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        TaskCompletionSource? agreed = null;
        if (peer.AgentVersion?.Contains(OwnAgents, StringComparison.Ordinal) is not true)
        {
            // An end that comes during the negotiation is lost on js: its handler never hears of it, or the stream is reset.
            agreed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            stream.EndAfter = agreed.Task;
        }

        var input = new LazyNegotiationReader(stream.Input);
        _ = ReadAnswerAsync(stream, input, agreed, connection.RemotePeer, protocol);
        return new Libp2pStream(stream, connection, protocol, input);
    }

    private async ValueTask<Libp2pStream> OpenEagerlyAsync(
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

    /// <summary>Reads the answer to a proposal. A refusal ends the stream, which is how writers learn of it.</summary>
    private async Task ReadAnswerAsync(IMuxedStream stream, LazyNegotiationReader input, TaskCompletionSource? agreed, PeerId peer, string protocol)
    {
        var refusal = await FindRefusalAsync(stream, peer, protocol).ConfigureAwait(false);
        if (refusal is not null)
        {
            stream.Reset(refusal);
        }

        agreed?.SetResult();
        input.OnAnswer(refusal);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Libp2pException?> FindRefusalAsync(IMuxedStream stream, PeerId peer, string protocol)
    {
        using var timeout = _timeouts.Start(limits.NegotiationTimeout, CancellationToken.None);
        try
        {
            if (await MultistreamSelect.ReadFirstAnswerAsync(stream.Input, protocol, timeout.Token).ConfigureAwait(false))
            {
                return null;
            }

            return new Libp2pException(Libp2pErrorCodes.NotSupported, $"{peer} no longer speaks {protocol}.");
        }
        catch (Libp2pException e)
        {
            return e;
        }
        catch (OperationCanceledException e)
        {
            return new Libp2pException(Libp2pErrorCodes.TimedOut, $"{peer} did not agree on {protocol} within {limits.NegotiationTimeout}.", isTransient: true, e);
        }
    }

    private Libp2pException TimedOut(PeerId peer, OperationCanceledException cause) =>
        new(Libp2pErrorCodes.TimedOut, $"No stream to {peer} within {limits.NewStreamTimeout}.", isTransient: true, cause);

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
