using DChat.Libp2p.Addresses;
using DChat.Libp2p.Protocols.AutoNat.Wire;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Wire;

namespace DChat.Libp2p.Protocols.AutoNat;

/// <summary>
/// Asks one server about one address. A request names no second one, so that the server cannot choose which to answer for.
/// </summary>
internal sealed class AutoNatClient(ILibp2pHost host, AutoNatOptions options, DialBackDoor door)
{
    /// <summary>Time that a nonce may come after its server has said that it was delivered.</summary>
    internal static readonly TimeSpan NonceTimeout = TimeSpan.FromSeconds(5);

    /// <summary>What the server's answer comes to; never throws, unless it is cancelled.</summary>
    internal async Task<DialBackOutcome> AskAsync(PeerConnection server, Multiaddr address, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.RequestTimeout, host.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        using var visit = door.Expect(server);
        try
        {
            var stream = await host.NewStreamAsync(server, [AutoNat.DialRequestId], either.Token).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                var outcome = await ExchangeAsync(stream, address, visit, either.Token).ConfigureAwait(false);
                if (outcome is DialBackOutcome.TooDear or DialBackOutcome.Untrue)
                {
                    stream.Reset();
                }

                return outcome;
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return DialBackOutcome.Rejected;
        }
        catch (Libp2pException e)
        {
            return e.Code is Libp2pErrorCodes.Malformed or Libp2pErrorCodes.ProtocolViolation ? DialBackOutcome.Untrue : DialBackOutcome.Rejected;
        }
    }

    private async Task<DialBackOutcome> ExchangeAsync(Libp2pStream stream, Multiaddr address, DialBackDoor.Visit visit, CancellationToken cancellationToken)
    {
        await SendAsync(stream, new AutoNatMessage.Request([address], visit.Nonce), cancellationToken).ConfigureAwait(false);
        var answer = await ReadAsync(stream, cancellationToken).ConfigureAwait(false);
        if (answer is AutoNatMessage.DataRequest bytes)
        {
            if (bytes.Index != 0)
            {
                return DialBackOutcome.Untrue;
            }

            if (bytes.Count > (ulong)options.MaxDialDataSent)
            {
                return DialBackOutcome.TooDear;
            }

            await SendDataAsync(stream, (int)bytes.Count, cancellationToken).ConfigureAwait(false);
            answer = await ReadAsync(stream, cancellationToken).ConfigureAwait(false);
        }

        return answer switch
        {
            null => DialBackOutcome.Rejected,
            AutoNatMessage.Response response => await JudgeAsync(response, address, visit, cancellationToken).ConfigureAwait(false),
            _ => DialBackOutcome.Untrue,
        };
    }

    private async Task<DialBackOutcome> JudgeAsync(AutoNatMessage.Response response, Multiaddr address, DialBackDoor.Visit visit, CancellationToken cancellationToken)
    {
        switch (response)
        {
            case { Status: ResponseStatus.DialRefused }:
                return DialBackOutcome.Refused;
            case { Status: ResponseStatus.RequestRejected or ResponseStatus.InternalError }:
                return DialBackOutcome.Rejected;
            case not { Status: ResponseStatus.Ok, Index: 0 }:
                return DialBackOutcome.Untrue;
            case { Dial: DialStatus.DialError }:
                // Who has brought the nonce has connected.
                return visit.Arrived.IsCompleted ? DialBackOutcome.Untrue : DialBackOutcome.Failed;
            case { Dial: DialStatus.DialBackError }:
                return DialBackOutcome.Undelivered;
            case not { Dial: DialStatus.Ok }:
                return DialBackOutcome.Untrue;
        }

        try
        {
            // Some servers answer before this side has taken note of the nonce.
            var local = await visit.Arrived.WaitAsync(NonceTimeout, host.Time, cancellationToken).ConfigureAwait(false);
            return Fits(address, local) ? DialBackOutcome.Reached : DialBackOutcome.Untrue;
        }
        catch (TimeoutException)
        {
            return DialBackOutcome.Untrue;
        }
    }

    /// <summary>
    /// Whether a connection that ends here can be one to the address (autonat-v2.md, "Overview"): where this host listens at the very
    /// address, none other is; behind a NAT only the transport can be told.
    /// </summary>
    private bool Fits(Multiaddr address, Multiaddr local) =>
        host.Addresses.Listening.Contains(address) ? address.Equals(local.WithoutPeer()) : IsWebSocket(address) == IsWebSocket(local);

    private static bool IsWebSocket(Multiaddr address) => address.Components.Any(c => c.Protocol == MultiaddrProtocol.Ws || c.Protocol.Name == "wss");

    private static async Task SendDataAsync(Libp2pStream stream, int count, CancellationToken cancellationToken)
    {
        for (var left = count; left > 0; left -= AutoNatMessage.MaxData)
        {
            await SendAsync(stream, new AutoNatMessage.Data(Math.Min(left, AutoNatMessage.MaxData)), cancellationToken).ConfigureAwait(false);
        }
    }

    private static Task SendAsync(Libp2pStream stream, AutoNatMessage message, CancellationToken cancellationToken) =>
        LengthPrefixed.SendAsync(stream.Output, message.Encode(), cancellationToken);

    /// <summary>The next message; null when the server has ended the stream.</summary>
    private static async Task<AutoNatMessage?> ReadAsync(Libp2pStream stream, CancellationToken cancellationToken)
    {
        var bytes = await LengthPrefixed.ReadAsync(stream.Input, AutoNatMessage.MaxLength, cancellationToken).ConfigureAwait(false);
        return bytes is null ? null
            : AutoNatMessage.TryDecode(bytes, out var message) ? message
            : throw new Libp2pException(Libp2pErrorCodes.Malformed, $"The answer of {stream.RemotePeer} is malformed.");
    }
}
