using System.Net;
using System.Net.Security;
using DChat.Core;
using DChat.Core.Admission;
using DChat.Tls.Certificates;
using DChat.Tls.ClientPort;
using Microsoft.AspNetCore.Connections;
using Orleans.Connections.Security;
using Orleans.Serialization.Session;

namespace DChat.Tls.Connections;

/// <summary>Mutual TLS of Orleans connections: Orleans' own, told whom to trust, and made to say why it fails.</summary>
internal static class TlsConnections
{
    /// <summary>How long a handshake may take.</summary>
    public static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(4);

    /// <summary>Serves TLS to peers that show a certificate of the role.</summary>
    /// <param name="builder">The connections of one port.</param>
    /// <param name="source">The credentials.</param>
    /// <param name="role">Who may come.</param>
    /// <param name="port">What the port is called in logs.</param>
    /// <param name="log">Where refusals go.</param>
    public static void UseServerTls(this IConnectionBuilder builder, TlsSource source, PeerRole role, string port, RefusalLog log)
    {
        var unfinished = new UnfinishedHandshakes();
        builder.Use(next => async context =>
        {
            var handshake = new Handshake(NetworkOf(context.RemoteEndPoint), () => context.Abort()).Begin();
            unfinished.Begin(handshake)?.MakeWay();
            try
            {
                await next(context).ConfigureAwait(false);
            }
            finally
            {
                unfinished.End(handshake);
            }

            if (!handshake.IsDone)
            {
                log.Refused(port, context.RemoteEndPoint, ReasonOf(handshake));
            }
        });
        TlsConnectionBuilderExtensions.UseServerTls(builder, Options(source, role));
        builder.Use(next => context =>
        {
            unfinished.End(Handshake.Current!);
            return next(context);
        });
        builder.Use(EndHandshake);
    }

    /// <summary>Hangs up on clients that pass for a silo (<see cref="ClientMessages"/>).</summary>
    /// <param name="builder">The connections of the client port, after <see cref="UseServerTls"/>.</param>
    /// <param name="sessions">To read messages with.</param>
    /// <param name="port">What the port is called in logs.</param>
    /// <param name="log">Where refusals go.</param>
    public static void UseClientMessages(this IConnectionBuilder builder, SerializerSessionPool sessions, string port, RefusalLog log) =>
        builder.Use(next => async context =>
        {
            var transport = context.Transport;
            context.Transport = new ClientTransport(
                new ClientInput(transport.Input, sessions, fault => log.Refused(port, context.RemoteEndPoint, fault)), transport.Output);
            try
            {
                await next(context).ConfigureAwait(false);
            }
            finally
            {
                context.Transport = transport;
            }
        });

    /// <summary>Dials silos with TLS.</summary>
    /// <param name="builder">The connections.</param>
    /// <param name="source">The credentials.</param>
    /// <param name="faults">Where failures go.</param>
    public static void UseClientTls(this IConnectionBuilder builder, TlsSource source, DialFaults faults)
    {
        builder.Use(next => context => WatchAsync(faults, async () =>
        {
            var handshake = new Handshake().Begin();
            try
            {
                await next(context).ConfigureAwait(false);
            }
            catch (Exception e) when (handshake.IsDone && HangUp.Is(e))
            {
                throw new DChatException(
                    TlsCodes.Rejected,
                    $"{context.RemoteEndPoint} hung up after the handshake of TLS: it does not accept the certificate of {source.Files.Certificate}, is a port for silos, or belongs to another cluster. Its log says more.",
                    inner: e);
            }

            if (!handshake.IsDone)
            {
                throw handshake.CertificateFault is { } fault
                    ? new DChatException(
                        TlsCodes.PeerRefused,
                        $"The certificate that {context.RemoteEndPoint} shows {fault} (the authority is {source.Files.Authority}).")
                    : new DChatException(
                        TlsCodes.NotSpoken,
                        $"{context.RemoteEndPoint} hung up, or did not answer, in the handshake of TLS: it speaks no TLS, or does not accept the certificate of {source.Files.Certificate}.",
                        isTransient: true);
            }
        }));
        TlsConnectionBuilderExtensions.UseClientTls(builder, Options(source, PeerRole.Silo));
        builder.Use(EndHandshake);
    }

    /// <summary>Says of a silo that hangs up before it has told who it is what it may want.</summary>
    /// <param name="builder">The connections, which have no TLS.</param>
    /// <param name="faults">Where failures go.</param>
    public static void UsePlaintext(this IConnectionBuilder builder, DialFaults faults) => builder.Use(next => context => WatchAsync(faults, async () =>
    {
        try
        {
            await next(context).ConfigureAwait(false);
        }
        catch (Exception e) when (HangUp.Is(e))
        {
            throw new DChatException(
                TlsCodes.Required,
                $"{context.RemoteEndPoint} hung up before it said who it is: it demands TLS, which has no certificate here, or is no client port of a silo.",
                isTransient: true,
                inner: e);
        }
    }));

    private static NetworkPrefix NetworkOf(EndPoint? peer) => peer is IPEndPoint { Address: var address } ? NetworkPrefix.Of(address) : default;

    private static string ReasonOf(Handshake handshake) => handshake switch
    {
        { MadeWay: true } => $"it made way for another handshake: {UnfinishedHandshakes.MaxPerNetwork} of its network, or {UnfinishedHandshakes.Max} in all, were unfinished",
        { CertificateFault: { } fault } => $"its certificate {fault}",
        _ => "it shows no certificate, speaks no TLS, does not accept our certificate, or hung up",
    };

    private static async Task WatchAsync(DialFaults faults, Func<Task> run)
    {
        DChatException? fault = null;
        faults.Begin();
        try
        {
            await run().ConfigureAwait(false);
        }
        catch (DChatException e)
        {
            fault = e;
            throw;
        }
        finally
        {
            faults.End(fault);
        }
    }

    private static ConnectionDelegate EndHandshake(ConnectionDelegate next) => context =>
    {
        Handshake.Current!.End();
        return next(context);
    };

    private static TlsOptions Options(TlsSource source, PeerRole role) => new()
    {
        HandshakeTimeout = HandshakeTimeout,
        RemoteCertificateMode = RemoteCertificateMode.RequireCertificate,

        // The middleware demands a choice; what is sent is set for each connection below, with the certificates in between.
        LocalServerCertificateSelector = (_, _) => source.Current.Certificate,
        LocalClientCertificateSelector = (_, _, _, _, _) => source.Current.Certificate,
        RemoteCertificateValidation = (certificate, chain, errors) =>
        {
            var fault = PeerJudge.FaultOf(certificate, chain, errors, role);
            Handshake.Current!.CertificateFault = fault;
            return fault is null;
        },
        OnAuthenticateAsServer = (_, options) =>
        {
            var credentials = source.Current;
            var ssl = (SslServerAuthenticationOptions)options.SslServerAuthenticationOptions;
            ssl.ServerCertificateSelectionCallback = null;
            ssl.ServerCertificateContext = credentials.Context;
            ssl.CertificateChainPolicy = PeerJudge.CreatePolicy(credentials.Authorities);
            ssl.AllowRenegotiation = false;

            // A resumed session would go on with what was trusted when it began.
            ssl.AllowTlsResume = false;
        },
        OnAuthenticateAsClient = (_, options) =>
        {
            var credentials = source.Current;
            var ssl = (SslClientAuthenticationOptions)options.SslClientAuthenticationOptions;
            ssl.LocalCertificateSelectionCallback = null;
            ssl.ClientCertificateContext = credentials.Context;
            ssl.CertificateChainPolicy = PeerJudge.CreatePolicy(credentials.Authorities);
            ssl.AllowRenegotiation = false;
            ssl.AllowTlsResume = false;
        },
    };
}
