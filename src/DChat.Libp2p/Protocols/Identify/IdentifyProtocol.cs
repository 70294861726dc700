using System.Collections.Frozen;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Wire;
using Microsoft.Extensions.Logging;

namespace DChat.Libp2p.Protocols.Identify;

/// <summary>
/// Tells peers who this host is, and learns who they are (identify/README.md): asked on every connection, and pushed to
/// connected peers when addresses or protocols change.
/// </summary>
internal sealed class IdentifyProtocol(IdentifyContext context, ILogger logger)
{
    internal const string Id = "/ipfs/id/1.0.0";
    internal const string PushId = "/ipfs/id/push/1.0.0";

    /// <summary>Time for one exchange, as in js.</summary>
    internal static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    /// <summary>Time changes are gathered before they are pushed.</summary>
    internal static readonly TimeSpan PushDelay = TimeSpan.FromMilliseconds(200);

    /// <summary>Pauses before a failed exchange is tried again; after the last it is given up.</summary>
    internal static readonly TimeSpan[] RetryDelays = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30)];

    /// <summary>One stream of each per connection would do; js opens one. A peer may have several connections.</summary>
    internal static readonly ProtocolLimits Limits = new(MaxInbound: 16, MaxOutbound: 16, OnLimited: true);

    /// <summary>How js-libp2p begins to name itself.</summary>
    private const string JsAgent = "js-libp2p/";

    private readonly ConditionalWeakTable<PeerConnection, IdentifyState> _states = [];
    private int _pushPending;

    /// <summary>Grows with each change of what this host tells.</summary>
    private long _version = 1;

    /// <summary>Serves <see cref="Id"/>: writes the message and closes.</summary>
    internal async Task ServeAsync(Libp2pStream stream, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(Timeout, context.Time);

        // Noted before it is written: a change from here on needs a push.
        StateOf(stream.Connection).Tell(Volatile.Read(ref _version));
        await WriteAsync(stream, timeout.Token).ConfigureAwait(false);
    }

    /// <summary>Serves <see cref="PushId"/>: a message that says only what changed. A peer that pushes too often is not read.</summary>
    internal async Task ServePushAsync(Libp2pStream stream, CancellationToken cancellationToken)
    {
        if (!StateOf(stream.Connection).TryTakePush())
        {
            throw new Libp2pException(Libp2pErrorCodes.LimitReached, "The peer pushes too often.");
        }

        using var timeout = new CancellationTokenSource(Timeout, context.Time);
        var message = await ReadAsync(stream.Input, timeout.Token).ConfigureAwait(false);
        Apply(stream.Connection, message, isPush: true);
    }

    /// <summary>
    /// Asks a peer who it is, again after growing pauses when it does not tell, and tells it what has changed meanwhile.
    /// Reports what became of it; never throws.
    /// </summary>
    internal async Task IdentifyAsync(PeerConnection connection, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            if (await TryIdentifyAsync(connection).ConfigureAwait(false) is not { } fault)
            {
                break;
            }

            if (IsFinal(fault) || !await PauseAsync(connection, attempt, cancellationToken).ConfigureAwait(false))
            {
                return;
            }
        }

        // A push of a change before this was not possible: the peer's protocols were not known. One that has not been
        // told at all will ask, and is told the newest.
        if (StateOf(connection).Told > 0)
        {
            await PushAsync(connection, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Pushes soon, once, to every connected peer that takes pushes; several calls in a row are one push.</summary>
    internal async Task PushSoonAsync(Func<IReadOnlyList<PeerConnection>> connections, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _version);
        if (Interlocked.Exchange(ref _pushPending, 1) == 1)
        {
            return;
        }

        try
        {
            await Task.Delay(PushDelay, context.Time, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return;
        }
        finally
        {
            Volatile.Write(ref _pushPending, 0);
        }

        await Task.WhenAll(connections().Select(c => PushAsync(c, cancellationToken))).ConfigureAwait(false);
    }

    /// <summary>What went wrong; null when the peer has told who it is, or the connection is no more.</summary>
    private async Task<Libp2pException?> TryIdentifyAsync(PeerConnection connection)
    {
        using var timeout = new CancellationTokenSource(Timeout, context.Time);
        try
        {
            await using var stream = await context.OpenAsync(connection, Id, timeout.Token).ConfigureAwait(false);
            Apply(connection, await AskAsync(stream, timeout.Token).ConfigureAwait(false), isPush: false);
            return null;
        }
        catch (Exception e) when (e is Libp2pException or OperationCanceledException)
        {
            if (!connection.IsUsable)
            {
                return null;
            }

            var fault = e as Libp2pException ?? new Libp2pException(Libp2pErrorCodes.TimedOut, $"Identify took over {Timeout}.", isTransient: true, e);
            logger.IdentifyFailed(connection.RemotePeer, fault.Message);
            context.Publish(new PeerEvent.IdentifyFailed(connection, fault));
            return fault;
        }
    }

    /// <summary>What the peer says; resets the stream when that is nothing of use, so that it says no more.</summary>
    private static async Task<IdentifyMessage> AskAsync(Libp2pStream stream, CancellationToken cancellationToken)
    {
        try
        {
            await stream.CloseWriteAsync(cancellationToken).ConfigureAwait(false);
            return await ReadAsync(stream.Input, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            stream.Reset();
            throw;
        }
    }

    /// <summary>A lie stays one, and a peer that does not speak identify does not learn it.</summary>
    private static bool IsFinal(Libp2pException fault) =>
        fault.Code is Libp2pErrorCodes.PeerMismatch or Libp2pErrorCodes.BadSignature or Libp2pErrorCodes.NotSupported;

    /// <summary>Waits before the next attempt; false when there is none.</summary>
    private async Task<bool> PauseAsync(PeerConnection connection, int attempt, CancellationToken cancellationToken)
    {
        if (attempt == RetryDelays.Length)
        {
            return false;
        }

        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(connection.Closed, Task.Delay(RetryDelays[attempt], context.Time, cancel.Token)).ConfigureAwait(false);
        await cancel.CancelAsync().ConfigureAwait(false);
        return connection.IsUsable && !cancellationToken.IsCancellationRequested;
    }

    /// <summary>Pushes until the peer was told the newest version, or has failed too often, or takes no pushes.</summary>
    private async Task PushAsync(PeerConnection connection, CancellationToken cancellationToken)
    {
        var state = StateOf(connection);
        if (state.Told >= Volatile.Read(ref _version) || !TakesPushes(connection) || !state.TryBeginPush())
        {
            return;
        }

        var giveUp = false;
        for (var attempt = 0; !state.TryEndPush(Volatile.Read(ref _version), giveUp);)
        {
            var version = Volatile.Read(ref _version);
            if (await TryPushAsync(connection).ConfigureAwait(false))
            {
                state.Tell(version);
                continue;
            }

            giveUp = !connection.IsUsable || !await PauseAsync(connection, attempt++, cancellationToken).ConfigureAwait(false);
        }
    }

    private bool TakesPushes(PeerConnection connection) => context.Peers.Find(connection.RemotePeer)?.Protocols?.Contains(PushId) is true;

    private async Task<bool> TryPushAsync(PeerConnection connection)
    {
        using var timeout = new CancellationTokenSource(Timeout, context.Time);
        try
        {
            await using var stream = await context.OpenAsync(connection, PushId, timeout.Token).ConfigureAwait(false);
            await WriteAsync(stream, timeout.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is Libp2pException or OperationCanceledException)
        {
            logger.IdentifyFailed(connection.RemotePeer, e.Message);
            return false;
        }
    }

    private IdentifyState StateOf(PeerConnection connection) => _states.GetValue(connection, _ => new IdentifyState(context.Time));

    private async ValueTask WriteAsync(Libp2pStream stream, CancellationToken cancellationToken)
    {
        LengthPrefixed.Write(stream.Output, context.Describe(stream.Connection).Fit(IdentifyMessage.MaxSentLength).Encode());
        await stream.CloseWriteAsync(cancellationToken).ConfigureAwait(false);
    }

    private static async Task<IdentifyMessage> ReadAsync(PipeReader input, CancellationToken cancellationToken)
    {
        var message = new IdentifyMessage();
        for (var i = 0; i < IdentifyMessage.MaxMessages; i++)
        {
            if (await LengthPrefixed.ReadAsync(input, IdentifyMessage.MaxLength, cancellationToken).ConfigureAwait(false) is not { } bytes)
            {
                return i > 0 ? message : throw new Libp2pException(Libp2pErrorCodes.Malformed, "The peer closed the stream without a message.");
            }

            message = IdentifyMessage.TryMerge(message, bytes, out var merged)
                ? merged
                : throw new Libp2pException(Libp2pErrorCodes.Malformed, "The identify message is malformed.");
        }

        return await LengthPrefixed.ReadAsync(input, IdentifyMessage.MaxLength, cancellationToken).ConfigureAwait(false) is null
            ? message
            : throw new Libp2pException(Libp2pErrorCodes.LimitReached, $"The peer sent more than {IdentifyMessage.MaxMessages} messages about itself.");
    }

    private void Apply(PeerConnection connection, IdentifyMessage message, bool isPush)
    {
        if (message.PublicKey is not null
            && !(PublicKey.TryDecode(message.PublicKey, out var key) && key.Equals(connection.RemoteKey)))
        {
            throw new Libp2pException(Libp2pErrorCodes.PeerMismatch, "The identify message names another key than the connection's.");
        }

        PeerRecord? record = null;
        if (message.SignedPeerRecord is not null
            && !(PeerRecord.TryOpen(message.SignedPeerRecord, out record) && record.Peer.Equals(connection.RemotePeer)))
        {
            throw new Libp2pException(Libp2pErrorCodes.BadSignature, "The signed peer record of the identify message is not the peer's.");
        }

        if (message.AgentVersion?.StartsWith(JsAgent, StringComparison.Ordinal) is true)
        {
            connection.Muxed.LimitSendAhead();
        }

        var teller = AddressClasses.OfTeller(connection.RemoteAddress);
        var now = context.Time.GetUtcNow();
        var info = context.Peers.Update(connection.RemotePeer, known =>
        {
            var merged = Merge(known, message, teller, now);
            return record is null ? merged : merged.WithRecord(record, message.SignedPeerRecord, teller, now);
        });
        if (message.ObservedAddress is { } observed)
        {
            context.Observe(connection, observed);
        }

        context.Publish(new PeerEvent.Identified(connection, info, isPush));
    }

    /// <summary>A push changes only what it mentions.</summary>
    private static PeerInfo Merge(PeerInfo known, IdentifyMessage message, AddressClass teller, DateTimeOffset now) => known with
    {
        Sources = message.ListenAddresses.Count > 0
            ? PeerAddresses.Replace(known.Sources, message.ListenAddresses, AddressSource.Claimed, teller, now)
            : known.Sources,
        Protocols = message.Protocols.Count > 0 ? message.Protocols.ToFrozenSet(StringComparer.Ordinal) : known.Protocols,
        AgentVersion = message.AgentVersion ?? known.AgentVersion,
        ProtocolVersion = message.ProtocolVersion ?? known.ProtocolVersion,
        ObservedAddress = message.ObservedAddress?.WithoutPeer() ?? known.ObservedAddress,
    };
}
