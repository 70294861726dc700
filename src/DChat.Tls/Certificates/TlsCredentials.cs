using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DChat.Core;

namespace DChat.Tls.Certificates;

/// <summary>A certificate with its key, and the authorities: what <see cref="TlsFiles"/> hold, checked.</summary>
internal sealed class TlsCredentials
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private TlsCredentials(X509Certificate2 certificate, X509Certificate2Collection between, X509Certificate2Collection authorities)
    {
        Certificate = certificate;
        Authorities = authorities;
        Context = SslStreamCertificateContext.Create(certificate, between, offline: true);
    }

    public X509Certificate2 Certificate { get; }

    public X509Certificate2Collection Authorities { get; }

    /// <summary>What is sent to peers: the certificate and those between it and the authority.</summary>
    public SslStreamCertificateContext Context { get; }

    public DateTimeOffset NotAfter => new(Certificate.NotAfter.ToUniversalTime());

    /// <summary>Makes credentials of what the files held.</summary>
    /// <param name="files">Their names, and the password.</param>
    /// <param name="content">Their bytes.</param>
    /// <param name="role">What the certificate is to be used as.</param>
    /// <exception cref="DChatException">A file is not what it should be (<c>tls-unusable</c>); the message names it.</exception>
    public static TlsCredentials Create(TlsFiles files, TlsContent content, PeerRole role)
    {
        var authorities = Try(files.Authority!, "it holds no certificates in PEM", () => Pem(content.AuthorityText));
        if (authorities.Count == 0)
        {
            throw Unusable(files.Authority!, "it holds no certificate in PEM");
        }

        var all = files.IsPfx
            ? Try(files.Certificate!, "it is no PFX file, or the password is another", () => X509CertificateLoader.LoadPkcs12Collection(content.Certificate, files.KeyPassword))
            : Try(files.Certificate!, "it is no PEM file with certificates", () => Pem(content.CertificateText));
        var certificate = files.IsPfx ? all.FirstOrDefault(one => one.HasPrivateKey) : all.FirstOrDefault();
        if (certificate is null)
        {
            throw Unusable(files.Certificate!, files.IsPfx ? "it holds no certificate with its key" : "it holds no certificate in PEM");
        }

        all.Remove(certificate);
        if (!files.IsPfx)
        {
            certificate = Try(
                files.Key!,
                files.KeyPassword is null ? $"it is no key in PEM, has a password, or belongs to another certificate than {files.Certificate}" : $"it is no key in PEM that the password opens, or belongs to another certificate than {files.Certificate}",
                () => WithKey(content, files.KeyPassword));
        }

        return Try(files.Certificate!, "its certificate, one above it or its key is of a kind that is not known here", () =>
        {
            Check(files, certificate, all, authorities, role);
            return new TlsCredentials(certificate, all, authorities);
        });
    }

    // What every peer would refuse is said here, where the file can be named.
    private static void Check(
        TlsFiles files, X509Certificate2 certificate, X509Certificate2Collection between, X509Certificate2Collection authorities, PeerRole role)
    {
        using var chain = new X509Chain { ChainPolicy = PeerJudge.CreatePolicy(authorities) };
        chain.ChainPolicy.ExtraStore.AddRange(between);
        if (!chain.Build(certificate))
        {
            throw Unusable(files.Certificate!, $"its certificate {PeerJudge.FaultOf(chain.ChainStatus, certificate)} (the authority is {files.Authority})");
        }

        var purposes = certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>()
            .SelectMany(extension => extension.EnhancedKeyUsages.Cast<Oid>()).Select(purpose => purpose.Value).ToList();
        string[] needed = role == PeerRole.Silo ? [ServerAuthentication, ClientAuthentication] : [ClientAuthentication];
        if (purposes.Count > 0 && needed.Except(purposes).Any())
        {
            throw Unusable(files.Certificate!, $"its certificate {PeerJudge.FaultOf([new X509ChainStatus { Status = X509ChainStatusFlags.NotValidForUsage }], certificate)}");
        }

        if (role == PeerRole.Silo && !SiloMark.IsOn(certificate))
        {
            throw Unusable(files.Certificate!, $"its certificate is not a silo's: it lacks the name URI:{SiloMark.Uri}");
        }
    }

    private static X509Certificate2Collection Pem(string text)
    {
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPem(text);
        return certificates;
    }

    private static X509Certificate2 WithKey(TlsContent content, string? password)
    {
        var certificate = password is null
            ? X509Certificate2.CreateFromPem(content.CertificateText, content.KeyText)
            : X509Certificate2.CreateFromEncryptedPem(content.CertificateText, content.KeyText, password);

        // Windows' TLS uses no key that is in memory only.
        return OperatingSystem.IsWindows() ? X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), password: null) : certificate;
    }

    // Damaged files make cryptography throw faults of many types, and a new file must not end a silo that runs.
    private static T Try<T>(string path, string fault, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is not DChatException)
        {
            throw Unusable(path, fault, e);
        }
    }

    private static DChatException Unusable(string path, string fault, Exception? inner = null) =>
        new(TlsCodes.Unusable, $"{path} cannot be used for TLS: {fault}.", inner: inner);
}
