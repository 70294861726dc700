using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Net.WebSockets;
using System.Security.Authentication;
using System.Text;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Transports.Proxies;
using Socket = System.Net.WebSockets.WebSocket;

namespace DChat.Libp2p.Transports.WebSocket;

/// <summary>The listening side: answers a request, or says in an answer why not (RFC 6455, 4.2).</summary>
/// <param name="address">What is listened on.</param>
/// <param name="options">Limits, origins, proxies and certificate.</param>
internal sealed class ServerHandshake(WebSocketAddress address, WebSocketOptions options) : IWebSocketHandshake
{
    public async Task<(Socket Socket, Multiaddr? Client)> RunAsync(
        ITransportConnection connection, CancellationToken cancellationToken)
    {
        IDuplexPipe pipe = address.IsSecure ? await AuthenticateAsync(connection, cancellationToken).ConfigureAwait(false) : connection;
        var (head, refusal) = await HttpHead.ReadAsync(pipe.Input, options, cancellationToken).ConfigureAwait(false);
        var key = "";
        refusal ??= WebSocketUpgrade.Check(head!, options, out key);
        IPEndPoint? client = null;
        if (refusal is null && !TryFindClient(connection, head!, out client))
        {
            refusal = HttpRefusal.Malformed;
        }

        await pipe.Output.WriteAsync(Encoding.ASCII.GetBytes(refusal?.ToResponse() ?? WebSocketUpgrade.Response(key)), cancellationToken).ConfigureAwait(false);
        if (refusal is not null)
        {
            throw new Libp2pException(refusal.Code, $"The WebSocket request was answered with {refusal.Status}.");
        }

        var settings = new WebSocketCreationOptions { IsServer = true };
        var socket = Socket.CreateFromStream(new PipeStream(pipe), settings);
        return (socket, client is null ? null : Multiaddr.Parse(Multiaddr.FromTcp(client) + address.Suffix));
    }

    /// <summary>The client that a trusted proxy speaks for; null when the header is not to be looked at. False when it makes no sense.</summary>
    private bool TryFindClient(ITransportConnection connection, HttpHead head, out IPEndPoint? client)
    {
        client = null;
        var proxies = options.Proxies;
        if (proxies.UseProxyProtocol
            || !proxies.Trusts(new IPAddress(connection.RemoteAddress.Components[0].Value.Span))
            || !head.All(ForwardedFor.Header).Any())
        {
            return true;
        }

        client = ForwardedFor.ClientOf(head.All(ForwardedFor.Header), proxies);
        return client is not null;
    }

    private async Task<IDuplexPipe> AuthenticateAsync(ITransportConnection connection, CancellationToken cancellationToken)
    {
        var tls = new SslStream(new PipeStream(connection));
        try
        {
            await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = options.Certificate }, cancellationToken).ConfigureAwait(false);
            return new StreamPipe(tls);
        }
        catch (Exception e)
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            if (e is AuthenticationException or IOException)
            {
                throw new Libp2pException(Libp2pErrorCodes.HandshakeFailed, $"TLS failed: {e.Message}", isTransient: true, e);
            }

            throw;
        }
    }
}
