using System.IO.Pipelines;
using System.Net.Security;
using System.Net.WebSockets;
using System.Security.Authentication;
using System.Text;
using DChat.Libp2p.Addresses;
using Socket = System.Net.WebSockets.WebSocket;

namespace DChat.Libp2p.Transports.WebSocket;

/// <summary>The dialing side: asks for a WebSocket and checks the answer (RFC 6455, 4.1).</summary>
/// <param name="address">What is dialed.</param>
/// <param name="options">Limits, and how to judge the server's certificate.</param>
internal sealed class ClientHandshake(WebSocketAddress address, WebSocketOptions options) : IWebSocketHandshake
{
    public async Task<(Socket Socket, Multiaddr? Client)> RunAsync(
        ITransportConnection connection, CancellationToken cancellationToken)
    {
        IDuplexPipe pipe = address.IsSecure ? await AuthenticateAsync(connection, cancellationToken).ConfigureAwait(false) : connection;
        var key = WebSocketUpgrade.NewKey();
        await pipe.Output.WriteAsync(Encoding.ASCII.GetBytes(WebSocketUpgrade.Request(address.HostField, key)), cancellationToken).ConfigureAwait(false);
        var (head, refusal) = await HttpHead.ReadAsync(pipe.Input, options, cancellationToken).ConfigureAwait(false);
        if ((head is null ? refusal!.Reason : WebSocketUpgrade.CheckResponse(head, key)) is { } fault)
        {
            throw new Libp2pException(Libp2pErrorCodes.DialFailed, $"There is no WebSocket at {address.HostField}: {fault}.", isTransient: true);
        }

        var settings = new WebSocketCreationOptions { IsServer = false };
        return (Socket.CreateFromStream(new PipeStream(pipe), settings), null);
    }

    private async Task<IDuplexPipe> AuthenticateAsync(ITransportConnection connection, CancellationToken cancellationToken)
    {
        var tls = new SslStream(new PipeStream(connection));
        try
        {
            var settings = new SslClientAuthenticationOptions { TargetHost = address.ServerName, RemoteCertificateValidationCallback = options.ValidateServer };
            await tls.AuthenticateAsClientAsync(settings, cancellationToken).ConfigureAwait(false);
            return new StreamPipe(tls);
        }
        catch (Exception e)
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            if (e is AuthenticationException or IOException)
            {
                throw new Libp2pException(Libp2pErrorCodes.DialFailed, $"TLS with {address.HostField} failed: {e.Message}", isTransient: e is IOException, e);
            }

            throw;
        }
    }
}
