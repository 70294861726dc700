using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace DChat.Cli.Session;

/// <summary>What listens at a port.</summary>
internal enum Listener
{
    /// <summary>Nothing does.</summary>
    None,

    /// <summary>It takes connections and says nothing.</summary>
    Silent,

    /// <summary>It closes the connection after the first bytes: so does a client port, for ours are no Orleans client's.</summary>
    HangsUp,

    /// <summary>The port where silos meet each other.</summary>
    SiloPort,

    /// <summary>The port where a silo meets chat peers.</summary>
    Libp2pPort,

    /// <summary>A web server, such as a silo's admin endpoint.</summary>
    Http,

    /// <summary>It speaks TLS.</summary>
    Tls,

    /// <summary>It speaks something else.</summary>
    Other,
}

/// <summary>Finds out why an Orleans client got nowhere. Used only after it did, so a healthy silo never sees it.</summary>
internal static class PortProbe
{
    private static readonly TimeSpan Wait = TimeSpan.FromMilliseconds(500);

    // The greeting of libp2p's negotiation: a libp2p host repeats it, and a web server complains about it.
    private static ReadOnlySpan<byte> Greeting => "\u0013/multistream/1.0.0\n"u8;

    /// <summary>Connects and listens; takes three seconds at most.</summary>
    public static async Task<Listener> LookAsync(IPEndPoint endpoint, CancellationToken cancellationToken)
    {
        var seen = await ListenAsync(endpoint, cancellationToken).ConfigureAwait(false);
        return seen is Listener.HangsUp or Listener.Other && await SpeaksTlsAsync(endpoint, cancellationToken).ConfigureAwait(false) ? Listener.Tls : seen;
    }

    private static async Task<Listener> ListenAsync(IPEndPoint endpoint, CancellationToken cancellationToken)
    {
        var isConnected = false;
        using var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (!await WithinAsync(token => socket.ConnectAsync(endpoint, token), cancellationToken).ConfigureAwait(false))
            {
                return Listener.None;
            }

            isConnected = true;

            // At the port for silos, a silo speaks first and tells its name and address; at every other port the caller speaks first.
            var heard = await ReadAsync(socket, cancellationToken).ConfigureAwait(false);
            if (heard is null)
            {
                await socket.SendAsync(Greeting.ToArray(), cancellationToken).ConfigureAwait(false);
                heard = await ReadAsync(socket, cancellationToken).ConfigureAwait(false);
            }

            return heard is null ? Listener.Silent : Judge(heard);
        }
        catch (SocketException)
        {
            return isConnected ? Listener.HangsUp : Listener.None;
        }
    }

    // Begins a handshake and looks for a certificate; which it is does not matter, and none is shown.
    private static async Task<bool> SpeaksTlsAsync(IPEndPoint endpoint, CancellationToken cancellationToken)
    {
        var isSeen = false;
        using var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await WithinAsync(
                async token =>
                {
                    await socket.ConnectAsync(endpoint, token).ConfigureAwait(false);
                    using var stream = new SslStream(new NetworkStream(socket), leaveInnerStreamOpen: false);
                    await stream.AuthenticateAsClientAsync(
                        new SslClientAuthenticationOptions
                        {
                            RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                            {
                                isSeen = certificate is not null;
                                return false;
                            },
                            CertificateChainPolicy = new X509ChainPolicy { DisableCertificateDownloads = true, RevocationMode = X509RevocationMode.NoCheck },
                        },
                        token).ConfigureAwait(false);
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is SocketException or IOException or AuthenticationException)
        {
            // Either the end of a look that was long enough, or no TLS.
        }

        return isSeen;
    }

    private static Listener Judge(ReadOnlySpan<byte> heard) =>
        heard.IsEmpty ? Listener.HangsUp
        : heard.IndexOf("sys.silo"u8) >= 0 ? Listener.SiloPort
        : heard.StartsWith(Greeting) ? Listener.Libp2pPort
        : heard.StartsWith("HTTP/"u8) ? Listener.Http
        : Listener.Other;

    // Returns null when nothing was heard, and an empty array when the other side closed the connection.
    private static async Task<byte[]?> ReadAsync(Socket socket, CancellationToken cancellationToken)
    {
        var buffer = new byte[1024];
        var length = 0;
        var isHeard = await WithinAsync(
            async token => length = await socket.ReceiveAsync(buffer, token).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        return isHeard ? buffer[..length] : null;
    }

    private static async Task<bool> WithinAsync(Func<CancellationToken, ValueTask> act, CancellationToken cancellationToken)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(Wait);
        try
        {
            await act(late.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
