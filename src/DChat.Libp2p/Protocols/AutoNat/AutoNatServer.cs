using System.Security.Cryptography;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.AutoNat.Wire;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Wire;

namespace DChat.Libp2p.Protocols.AutoNat;

/// <summary>
/// Dials peers that ask for it at one address of theirs, and tells them what came of it. An address elsewhere than where the peer
/// is seen costs it more bytes than it costs whoever is there (autonat-v2.md, "Amplification Attack Prevention").
/// </summary>
internal sealed class AutoNatServer(ILibp2pHost host, AutoNatOptions options, AutoNatInstruments instruments)
{
    /// <summary>Bytes of data in a message, unless it is the last: fewer cost this side more than they cost the peer.</summary>
    internal const int MinDataLength = 100;

    /// <summary>Requests of one peer at once; one more is refused.</summary>
    internal static readonly ProtocolLimits Limits = new(MaxInbound: 2, MaxOutbound: 4);

    private readonly AutoNatServerLimits _limits = options.Server;
    private readonly ServerBudget _budget = new(options.Server, host.Time);
    private readonly DialPolicy _policy = new(host, options);

    internal async Task ServeAsync(Libp2pStream stream, CancellationToken cancellationToken)
    {
        var request = await ReadRequestAsync(stream, cancellationToken).ConfigureAwait(false);
        var network = AutoNat.NetworkOf(stream.Connection);
        if (_budget.TakeRequest(stream.RemotePeer, network) is { } excess)
        {
            await AnswerAsync(stream, 0, excess, cancellationToken).ConfigureAwait(false);
            return;
        }

        if (_policy.Choose(request.Addresses, stream.Connection) is not { } index)
        {
            await AnswerAsync(stream, 0, ServedRequest.Refused, cancellationToken).ConfigureAwait(false);
            return;
        }

        var address = request.Addresses[index]!.WithoutPeer();
        var isElsewhere = !DialPolicy.IsSameHost(address, stream.Connection.RemoteAddress);
        if (isElsewhere && !await CollectAsync(stream, index, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        var served = await DialAsync(stream.RemotePeer, network, address, isElsewhere, request.Nonce, cancellationToken).ConfigureAwait(false);
        await AnswerAsync(stream, index, served, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Dials, if there is a place for it, and says what became of it. The connection is closed and the place free when it returns.</summary>
    private async Task<ServedRequest> DialAsync(
        PeerId peer, string network, Multiaddr address, bool isElsewhere, ulong nonce, CancellationToken cancellationToken)
    {
        using var place = _budget.TryBegin(network);
        if (place is null)
        {
            return ServedRequest.Busy;
        }

        if (isElsewhere)
        {
            var delay = TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32((int)_limits.MaxDialDelay.TotalMilliseconds + 1));
            await Task.Delay(delay, host.Time, cancellationToken).ConfigureAwait(false);
        }

        return await DialAsync(peer, address, nonce, cancellationToken).ConfigureAwait(false);
    }

    private async Task<AutoNatMessage.Request> ReadRequestAsync(Libp2pStream stream, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(_limits.ReadTimeout, host.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        return await ReadAsync<AutoNatMessage.Request>(stream, either.Token).ConfigureAwait(false);
    }

    /// <summary>Takes the bytes that a dial elsewhere costs; false when it has answered that there is none.</summary>
    private async Task<bool> CollectAsync(Libp2pStream stream, int index, CancellationToken cancellationToken)
    {
        if (!_budget.TakeElsewhere())
        {
            await AnswerAsync(stream, 0, ServedRequest.ElsewhereRate, cancellationToken).ConfigureAwait(false);
            return false;
        }

        using var timeout = new CancellationTokenSource(_limits.ReadTimeout, host.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        var left = RandomNumberGenerator.GetInt32(_limits.MinDialData, _limits.MaxDialData + 1);
        await SendAsync(stream, new AutoNatMessage.DataRequest((uint)index, (ulong)left), either.Token).ConfigureAwait(false);
        while (left > 0)
        {
            var data = await ReadAsync<AutoNatMessage.Data>(stream, either.Token).ConfigureAwait(false);
            if (data.Length < Math.Min(left, MinDataLength))
            {
                instruments.Served(ServedRequest.Malformed);
                throw new Libp2pException(Libp2pErrorCodes.ProtocolViolation, $"{stream.RemotePeer} sends its bytes in too small pieces.");
            }

            left -= data.Length;
        }

        return true;
    }

    private async Task<ServedRequest> DialAsync(PeerId peer, Multiaddr address, ulong nonce, CancellationToken cancellationToken)
    {
        PeerConnection connection;
        try
        {
            connection = await ConnectAsync(peer, address, cancellationToken).ConfigureAwait(false);
        }
        catch (Libp2pException e) when (e.Code is Libp2pErrorCodes.Gated or Libp2pErrorCodes.NoAddress)
        {
            return ServedRequest.Refused;
        }
        catch (Exception e) when (e is Libp2pException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return ServedRequest.DialError;
        }

        try
        {
            return await DeliverAsync(connection, nonce, cancellationToken).ConfigureAwait(false) ? ServedRequest.Ok : ServedRequest.DialBackError;
        }
        finally
        {
            await connection.CloseAsync().ConfigureAwait(false);
        }
    }

    /// <summary>A new connection to this address alone, from a port that no NAT has been opened for.</summary>
    private async Task<PeerConnection> ConnectAsync(PeerId peer, Multiaddr address, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(_limits.DialTimeout, host.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        var how = new DialOptions
        {
            ForceNew = true,
            ForceDirect = true,
            OnlyNamed = true,
            FromFreePort = true,
            Teller = options.AllowsPrivateAddresses ? AddressClass.Loopback : AddressClass.Public,
        };
        return await host.ConnectAsync(peer, [address], how, either.Token).ConfigureAwait(false);
    }

    /// <summary>Brings the nonce; false when the peer does not take it.</summary>
    private async Task<bool> DeliverAsync(PeerConnection connection, ulong nonce, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(_limits.DialBackTimeout, host.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            var stream = await host.NewStreamAsync(connection, [AutoNat.DialBackId], either.Token).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                await LengthPrefixed.SendAsync(stream.Output, DialBackMessage.Encode(nonce), either.Token).ConfigureAwait(false);
                var answer = await LengthPrefixed.ReadAsync(stream.Input, DialBackMessage.MaxLength, either.Token).ConfigureAwait(false);
                return answer is not null && DialBackMessage.IsOk(answer);
            }
        }
        catch (Exception e) when (e is Libp2pException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false;
        }
    }

    private Task AnswerAsync(Libp2pStream stream, int index, ServedRequest served, CancellationToken cancellationToken)
    {
        instruments.Served(served);
        return SendAsync(
            stream,
            served switch
            {
                ServedRequest.Ok => new AutoNatMessage.Response(ResponseStatus.Ok, (uint)index, DialStatus.Ok),
                ServedRequest.DialError => new AutoNatMessage.Response(ResponseStatus.Ok, (uint)index, DialStatus.DialError),
                ServedRequest.DialBackError => new AutoNatMessage.Response(ResponseStatus.Ok, (uint)index, DialStatus.DialBackError),
                ServedRequest.Refused => new AutoNatMessage.Response(ResponseStatus.DialRefused, 0, DialStatus.Unused),
                _ => new AutoNatMessage.Response(ResponseStatus.RequestRejected, 0, DialStatus.Unused),
            },
            cancellationToken);
    }

    private static Task SendAsync(Libp2pStream stream, AutoNatMessage message, CancellationToken cancellationToken) =>
        LengthPrefixed.SendAsync(stream.Output, message.Encode(), cancellationToken);

    /// <summary>The next message, which must be of a type; anything else resets the stream.</summary>
    private async Task<T> ReadAsync<T>(Libp2pStream stream, CancellationToken cancellationToken)
        where T : AutoNatMessage
    {
        try
        {
            var bytes = await LengthPrefixed.ReadAsync(stream.Input, AutoNatMessage.MaxLength, cancellationToken).ConfigureAwait(false);
            if (bytes is not null && AutoNatMessage.TryDecode(bytes, out var message) && message is T wanted)
            {
                return wanted;
            }
        }
        catch (Exception e) when (e is Libp2pException or OperationCanceledException)
        {
            instruments.Served(ServedRequest.Malformed);
            throw;
        }

        instruments.Served(ServedRequest.Malformed);
        throw new Libp2pException(Libp2pErrorCodes.Malformed, $"{stream.RemotePeer} sent something else than {typeof(T).Name}.");
    }
}
