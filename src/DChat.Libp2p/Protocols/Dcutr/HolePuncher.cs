using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Wire;

namespace DChat.Libp2p.Protocols.Dcutr;

/// <summary>One attempt from either side: the exchange over the relay, and the dials (relay/DCUtR.md, "The Protocol", steps 1 to 5).</summary>
internal sealed class HolePuncher(ILibp2pHost host, DcutrOptions options)
{
    private AddressClass Teller => options.AllowsPrivateAddresses ? AddressClass.Loopback : AddressClass.Public;

    /// <summary>An attempt of the peer that was reached through the relay (B).</summary>
    /// <exception cref="Libp2pException">It has failed.</exception>
    internal Task<PeerConnection> AttemptAsync(PeerConnection relayed, CancellationToken cancellationToken) => WithinAsync(
        relayed.RemotePeer,
        async token =>
        {
            var stream = await host.NewStreamAsync(relayed, [Dcutr.Id], token).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                var began = host.Time.GetTimestamp();
                await SendAsync(stream, new DcutrMessage(DcutrMessage.Connect, OwnAddresses()), token).ConfigureAwait(false);
                var answer = await ReadAsync(stream, DcutrMessage.Connect, token).ConfigureAwait(false);
                var roundTrip = host.Time.GetElapsedTime(began);
                await SendAsync(stream, new DcutrMessage(DcutrMessage.Sync, []), token).ConfigureAwait(false);
                await Task.Delay(roundTrip / 2, host.Time, token).ConfigureAwait(false);
                return await DialAsync(relayed.RemotePeer, ToDial(relayed.RemotePeer, answer.Addresses), begins: false, token).ConfigureAwait(false);
            }
        },
        cancellationToken);

    /// <summary>An attempt of the peer that has dialed through the relay (A).</summary>
    /// <exception cref="Libp2pException">It has failed.</exception>
    internal Task<PeerConnection> AnswerAsync(Libp2pStream stream, CancellationToken cancellationToken) => WithinAsync(
        stream.RemotePeer,
        async token =>
        {
            var request = await ReadAsync(stream, DcutrMessage.Connect, token).ConfigureAwait(false);
            await SendAsync(stream, new DcutrMessage(DcutrMessage.Connect, OwnAddresses()), token).ConfigureAwait(false);
            await ReadAsync(stream, DcutrMessage.Sync, token).ConfigureAwait(false);
            return await DialAsync(stream.RemotePeer, ToDial(stream.RemotePeer, request.Addresses), begins: true, token).ConfigureAwait(false);
        },
        cancellationToken);

    private async Task<PeerConnection> WithinAsync(PeerId peer, Func<CancellationToken, Task<PeerConnection>> attempt, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.AttemptTimeout, host.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await attempt(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new Libp2pException(Libp2pErrorCodes.TimedOut, $"No direct connection to {peer} within {options.AttemptTimeout}.", isTransient: true, e);
        }
    }

    /// <summary>Dials, and takes the peer's dial as well: whichever gets through first.</summary>
    private async Task<PeerConnection> DialAsync(PeerId peer, IReadOnlyList<Multiaddr> addresses, bool begins, CancellationToken cancellationToken)
    {
        using var race = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var arrived = WaitForDirectAsync(peer, race.Token);
        var how = new DialOptions { ForceDirect = true, OnlyNamed = true, Teller = Teller, ActsAsListener = !begins };
        var dialed = addresses.Count == 0 ? arrived : host.ConnectAsync(peer, addresses, how, race.Token);
        try
        {
            var first = await Task.WhenAny(arrived, dialed).ConfigureAwait(false);

            // A dial that fails at once says nothing about the other's.
            return await (first.IsCompletedSuccessfully ? first : arrived).ConfigureAwait(false);
        }
        finally
        {
            await race.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(arrived, dialed).ContinueWith(
                static all => _ = all.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).ConfigureAwait(false);
        }
    }

    private async Task<PeerConnection> WaitForDirectAsync(PeerId peer, CancellationToken cancellationToken)
    {
        using var events = host.Subscribe();
        if (host.FindDirect(peer) is { } open)
        {
            return open;
        }

        await foreach (var occurred in events.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            if (occurred is PeerEvent.ConnectionOpened { Connection: var connection } && connection.RemotePeer.Equals(peer) && !connection.RemoteAddress.IsRelayed)
            {
                return connection;
            }
        }

        throw new Libp2pException(Libp2pErrorCodes.ConnectionClosed, "The host stops.", isTransient: true);
    }

    /// <summary>Where the other side may try this host: what is known to work first, guesses last.</summary>
    private IReadOnlyList<Multiaddr> OwnAddresses()
    {
        var own = host.Addresses;
        return
        [
            .. own.Confirmed.Concat(own.Announced).Concat(own.Observed).Concat(own.Listening).Concat(own.Candidates)
                .Select(a => a.WithoutPeer())
                .Where(IsUsable)
                .Distinct()
                .Take(DcutrMessage.MaxAddresses),
        ];
    }

    private IReadOnlyList<Multiaddr> ToDial(PeerId peer, IReadOnlyList<Multiaddr> told) =>
    [
        .. told.Where(a => a.Peer is null || a.Peer.Equals(peer))
            .Select(a => a.WithoutPeer())
            .Where(a => IsUsable(a) && host.CanDial(a))
            .Distinct()
            .Take(options.MaxAddresses),
    ];

    private bool IsUsable(Multiaddr address) =>
        !address.IsRelayed && AddressClasses.Of(address) is not AddressClass.Unusable and var of
        && (options.AllowsPrivateAddresses || of is AddressClass.Public or AddressClass.Unresolved);

    private static Task SendAsync(Libp2pStream stream, DcutrMessage message, CancellationToken cancellationToken) =>
        LengthPrefixed.SendAsync(stream.Output, message.Encode(), cancellationToken);

    private static async Task<DcutrMessage> ReadAsync(Libp2pStream stream, ulong type, CancellationToken cancellationToken)
    {
        var bytes = await LengthPrefixed.ReadAsync(stream.Input, DcutrMessage.MaxLength, cancellationToken).ConfigureAwait(false);
        return bytes is not null && DcutrMessage.TryDecode(bytes, out var message) && message.Type == type
            ? message
            : throw new Libp2pException(Libp2pErrorCodes.ProtocolViolation, $"{stream.RemotePeer} sent something else than {(type == DcutrMessage.Sync ? "SYNC" : "CONNECT")}.");
    }
}
