using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace DChat.Tls.Tests.Connections;

/// <summary>A handshake by hand, with any certificate or none: what no client of ours would do.</summary>
internal static class RawTls
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Shakes hands and waits for the first byte of the other side.</summary>
    /// <param name="endpoint">The port.</param>
    /// <param name="certificate">What to show; null for nothing.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Whether a byte came; false when the other side hung up.</returns>
    public static async Task<bool> IsAnsweredAsync(IPEndPoint endpoint, X509Certificate2? certificate, CancellationToken cancellationToken)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(endpoint, cancellationToken);
        await using var stream = new SslStream(socket.GetStream());
        try
        {
            await stream.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    ClientCertificateContext = certificate is null ? null : SslStreamCertificateContext.Create(certificate, null, offline: true),
                    RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null,
                    ApplicationProtocols = [new SslApplicationProtocol("Orleans1")],
                },
                cancellationToken);
            return await stream.ReadAsync(new byte[1], cancellationToken).AsTask().WaitAsync(Patience, cancellationToken) == 1;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>The certificate that a port shows.</summary>
    public static async Task<X509Certificate2> ShownAsync(IPEndPoint endpoint, CancellationToken cancellationToken)
    {
        X509Certificate2? shown = null;
        using var socket = new TcpClient();
        await socket.ConnectAsync(endpoint, cancellationToken);
        await using var stream = new SslStream(socket.GetStream());
        await stream.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                {
                    shown = X509CertificateLoader.LoadCertificate(certificate!.GetRawCertData());
                    return shown is not null;
                },
            },
            cancellationToken);
        return shown!;
    }
}
